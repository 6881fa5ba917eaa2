/**
 * A key with what it holds and where it stands in time (KV3), as reads, writes and watches answer it. The bytes belong to
 * the store: they stay valid, are shared and never written to, and may be views into a larger `buffer`.
 */

export interface KeyValue {
  readonly key: Uint8Array;
  /** Empty where the question was `keysOnly`. */
  readonly value: Uint8Array;
  /** The revision that created the key. */
  readonly createRevision: number;
  /** The revision of its last put. */
  readonly modRevision: number;
  /** How many puts since it was created, that one included. */
  readonly version: number;
  /** The lease with which it goes; `null`: it is bound to none. */
  readonly lease: number | null;
}
