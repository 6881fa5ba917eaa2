/** The few kinds of JSON Schema that the description of the HTTP API is made of (SV36). */
export type Schema = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, Schema>>;

export const TEXT: Schema = { type: 'string' };
export const FLAG: Schema = { type: 'boolean' };
export const COUNTER: Schema = { type: 'integer', minimum: 0 };
export const COUNTER_OR_NULL: Schema = { type: ['integer', 'null'], minimum: 0 };
export const TEXT_OR_NULL: Schema = { type: ['string', 'null'] };
export const BASE64: Schema = { type: 'string', contentEncoding: 'base64' };

/** An answer: it may get more fields in time. */
export function record(required: Fields, optional: Fields = {}): Schema {
  const properties = { ...required, ...optional };
  return { type: 'object', properties, required: Object.keys(required) };
}

/** What is asked: a field that is unknown is refused. */
export function order(required: Fields, optional: Fields = {}): Schema {
  return { ...record(required, optional), additionalProperties: false };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** By the names of members. */
export function perMember(value: Schema): Schema {
  return { type: 'object', additionalProperties: value };
}

export function whole({ min, max }: { readonly min: number; readonly max: number }): Schema {
  return { type: 'integer', minimum: min, maximum: max };
}

export function wordOf(words: readonly (string | null)[]): Schema {
  return { enum: words };
}

/** The words of a union of types, each of them and no other. */
export function wordsOf<Word extends string>(words: Readonly<Record<Word, true>>): Schema {
  return wordOf(Object.keys(words));
}

export function refTo(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function exactly(value: boolean): Schema {
  return { const: value };
}
