/** What a contract asks of the test framework that runs it: what vitest, jest and bun have as they are. */
export interface TestFramework {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  afterEach(body: () => Promise<void>): void;
  /** For node:test, that of the package `expect`. */
  readonly expect: Expect;
}

export interface Expect {
  (actual: unknown): Claims<void> & { readonly rejects: Claims<Promise<void>> };
  stringContaining(part: string): unknown;
  stringMatching(pattern: RegExp): unknown;
}

export interface Claims<Answer> {
  toBe(expected: unknown): Answer;
  toBeGreaterThan(bound: number): Answer;
  toBeInstanceOf(kind: ErrorKind): Answer;
  toBeLessThan(bound: number): Answer;
  toContain(part: string): Answer;
  toContainEqual(member: unknown): Answer;
  toEqual(expected: unknown): Answer;
  toHaveLength(length: number): Answer;
  toMatch(pattern: RegExp): Answer;
  toMatchObject(expected: object): Answer;
  toThrow(kind: ErrorKind): Answer;
}

export type ErrorKind = new (...words: never[]) => Error;
