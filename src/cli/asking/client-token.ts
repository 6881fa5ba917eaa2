/** By which token a command is known to the servers (AC5): out of a file, or of the environment; no argument, which others could see. */
import { usageFailure } from '../failures/cli-failure.ts';
import { whyUnreadable } from '../failures/why-unreadable.ts';
import { textInFile } from '../input/given-file.ts';
import type { OptionValues } from '../options/option-table.ts';
import { TLS_OPTIONS } from './client-tls.ts';

/** What a command shows of who calls. */
export const CALLER_OPTIONS = [...TLS_OPTIONS, 'token-file'] as const;
export type CallerValues = OptionValues<(typeof CALLER_OPTIONS)[number]>;

/** `null`: none was given. Throws a `CliFailure` that says what is wrong, and never shows the token. */
export function tokenIn({ 'token-file': source }: Pick<CallerValues, 'token-file'>): string | null {
  if (source === null) return null;
  const token = ('text' in source ? source.text : contentOf(source.file)).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw usageFailure('The token is none: it is one word, as token create has shown it.');
}

function contentOf(path: string): string {
  try {
    return textInFile(path);
  } catch (error) {
    throw usageFailure(`--token-file cannot be read: ${whyUnreadable(error)}.`);
  }
}
