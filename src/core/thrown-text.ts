/** What was thrown, in words (EM3, FS3). Anything may be thrown, and looking at it may throw again. */
export function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    return 'it threw something that cannot be shown';
  }
}
