/** The value below which such a share of all lies; `NaN` of none. `0.5` is the median, `1` the largest. */
export function quantile(values: readonly number[], share: number): number {
  const ascending = [...values].sort((left, right) => left - right);
  const at = Math.min(ascending.length - 1, Math.floor(ascending.length * share));
  return ascending[at] ?? Number.NaN;
}
