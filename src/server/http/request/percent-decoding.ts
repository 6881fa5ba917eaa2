/**
 * Percent-decoding that never guesses: keys are bytes, so `%FF` is a byte and not a replacement
 * character, and a broken escape is an error and not a literal (SV9). RFC 3986, section 2.1.
 */

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const encoder = new TextEncoder();

/** The bytes that `text` stands for, or `null` if an escape is broken. */
export function percentDecode(
  text: string,
  options: { readonly plusIsSpace: boolean },
): Uint8Array | null {
  const source = encoder.encode(text);
  const target = new Uint8Array(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at += 1) {
    let byte = source[at] ?? 0;
    if (byte === PERCENT) {
      byte = hexPair(source, at + 1);
      if (byte < 0) return null;
      at += 2;
    } else if (byte === PLUS && options.plusIsSpace) {
      byte = SPACE;
    }
    target[length] = byte;
    length += 1;
  }
  return target.subarray(0, length);
}

/** −1 if there are not two hexadecimal digits at `at`. */
function hexPair(source: Uint8Array, at: number): number {
  const high = hexDigit(source[at]);
  const low = hexDigit(source[at + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
