/**
 * Arguments whose bytes are no UTF-8: Node hands them over with U+FFFD in the place of what it cannot read, and what would be written is not what
 * was given. Linux tells what was given, so that whoever means that character is told from whoever means none (CL46).
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { usageFailure } from '../failures/cli-failure.ts';

const REPLACED = '\uFFFD';

/** Throws a `CliFailure` that names the first. `commandLine` is read only where one looks like it. */
export function requireWhole(
  argv: readonly string[],
  commandLine: () => Uint8Array = commandLineOfThis,
): void {
  if (!argv.some((word) => word.includes(REPLACED))) return;
  const given = wordsIn(commandLine()).slice(-argv.length);
  const at = argv.findIndex((_, place) => !isUtf8(given[place] ?? new Uint8Array()));
  if (at >= 0) throw usageFailure(textFor(argv[at] ?? ''));
}

/** Its words one behind the other, a zero byte behind each. */
function wordsIn(commandLine: Uint8Array): readonly Uint8Array[] {
  const words: Uint8Array[] = [];
  let from = 0;
  for (let to = commandLine.indexOf(0); to >= 0; to = commandLine.indexOf(0, from)) {
    words.push(commandLine.subarray(from, to));
    from = to + 1;
  }
  return words;
}

/** Empty: elsewhere nobody tells. */
function commandLineOfThis(): Uint8Array {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    return new Uint8Array();
  }
}

function textFor(word: string): string {
  return `${JSON.stringify(word)} is not what was given, which is no UTF-8. Nothing was done: give such a value on standard input (put KEY -), and such a key in base64 (txn, import) or percent-encoded over HTTP.`;
}
