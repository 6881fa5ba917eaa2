/** What another program says in JSON: its fields, of which nothing is proven yet. */

export type Fields = Readonly<Record<string, unknown>>;

/** `null`: that is no JSON, or has no fields. */
export function fieldsIn(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return value instanceof Object ? { ...value } : null;
  } catch {
    return null;
  }
}
