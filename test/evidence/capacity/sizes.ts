/** How large the cases are. */
export interface Sizes {
  /** Of 256 bytes. */
  readonly keys: number;
  /** Of 500 bytes. */
  readonly largeKeys: number;
  /** Of values of 4,000 bytes. */
  readonly backupMib: number;
  /** How long a load goes on that has no end of its own. */
  readonly seconds: number;
}
