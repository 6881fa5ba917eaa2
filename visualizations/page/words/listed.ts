/** `n1`, `n1 and n3`, `n1, n2 and n3`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nobody';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** `412 ms`, `3.2 s`. */
export function milliseconds(ms: number): string {
  const whole = Math.round(ms);
  return whole < 2_000 ? `${whole} ms` : `${(whole / 1_000).toFixed(1)} s`;
}
