/**
 * How the value of an option stands in a configuration file, where it need not be text: what JSON Schema says of it, and
 * the text that the option's own kind reads, so that a file is judged as a command line is (CG1).
 */

export interface Form {
  /** Of draft 7. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** `null`: it is of another form. */
  readonly textOf: (value: unknown) => string | null;
  /** The end of a sentence that begins with the option's name. */
  readonly wants: string;
}

export const TEXT: Form = {
  schema: { type: 'string', minLength: 1 },
  textOf: (value) => (typeof value === 'string' && value !== '' ? value : null),
  wants: 'must be text, in quotes where it could be taken for something else',
};

export const YES_OR_NO: Form = {
  schema: { type: 'boolean' },
  textOf: (value) => (typeof value === 'boolean' ? String(value) : null),
  wants: 'must be true or false, without quotes',
};

/** Words separated by commas on the command line. */
export const LIST: Form = {
  schema: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[^,]+$' } },
  textOf: (value) => (Array.isArray(value) && isEachPlain(value) ? value.join(',') : null),
  wants: 'must be a list of texts without commas',
};

/** `ID=VALUE,ID=VALUE` on the command line. */
export const BY_MEMBER: Form = {
  schema: {
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
    additionalProperties: { type: 'string', pattern: '^[^,=]+$' },
  },
  textOf: (value) => (isMap(value) ? membersText(Object.entries(value)) : null),
  wants: 'must be a map, ID: VALUE for each member',
};

/** `FROM-TO`, or one number for both. */
export const MS_RANGE: Form = {
  schema: {
    anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^[0-9]{1,9}(-[0-9]{1,9})?$' }],
  },
  textOf: (value) => wholeText(value) ?? TEXT.textOf(value),
  wants: 'must be FROM-TO, or a number',
};

export function oneOf(words: readonly string[]): Form {
  return { ...TEXT, schema: { enum: words }, wants: `must be one of: ${words.join(', ')}` };
}

export function wholeFrom(minimum: number, maximum: number): Form {
  return {
    schema: { type: 'integer', minimum, maximum },
    textOf: wholeText,
    wants: `must be a whole number from ${minimum} to ${maximum}, without quotes`,
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wholeText(value: unknown): string | null {
  return Number.isSafeInteger(value) ? String(value) : null;
}

function isEachPlain(values: readonly unknown[]): boolean {
  return values.length > 0 && values.every((each) => isPlain(each, /^[^,]+$/));
}

function isPlain(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function membersText(entries: readonly (readonly [string, unknown])[]): string | null {
  const isEach = entries.flat().every((each) => isPlain(each, /^[^,=]+$/));
  if (!isEach || entries.length === 0) return null;
  return entries.map(([id, value]) => `${id}=${value}`).join(',');
}
