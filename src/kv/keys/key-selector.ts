/** Which keys a command, a read or a watch is for (KV4, KV5, KV16). What it comes to in the order of keys, `key-order.ts` says. */

/**
 * Which keys. Either `key` alone, or any of the others, and then the keys that satisfy all that are given:
 * those that begin with `prefix` and lie in `[start, end)`. An empty `prefix` means every key.
 */
export interface KeySelector {
  readonly key?: Uint8Array;
  readonly prefix?: Uint8Array;
  /** Inclusive. */
  readonly start?: Uint8Array;
  /** Exclusive. */
  readonly end?: Uint8Array;
}

export const SELECTOR_PARTS = ['key', 'prefix', 'start', 'end'] as const;
type SelectorPart = (typeof SELECTOR_PARTS)[number];

/** The selector of the parts that `partOf` gives; it is asked for each of them, in their order. */
export function selectorOf(
  partOf: (part: SelectorPart) => Uint8Array | null | undefined,
): KeySelector {
  const selector: { [Part in SelectorPart]?: Uint8Array } = {};
  for (const part of SELECTOR_PARTS) {
    const bytes = partOf(part);
    if (bytes !== null && bytes !== undefined) selector[part] = bytes;
  }
  return selector;
}
