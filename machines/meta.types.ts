/** What states and arrows say of themselves beside their description: the same in every chart. */

export interface ChartMeta {
  /** The rules of `docs/SPEC.md` that it is there for. On an arrow, those that are not its state's. */
  readonly rules: readonly string[];
}
