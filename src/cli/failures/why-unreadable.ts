/** Why a file of a secret cannot be read, without its name: whoever mistakes an option gives the secret itself for it (AC6, TL7). */

export function whyUnreadable(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // As Node has it: `ENOENT: no such file or directory, open '…'`.
  return text.split(/, | '/, 1)[0] ?? '';
}
