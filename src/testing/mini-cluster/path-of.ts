/** `{ follower: 'loyal' }` is `follower.loyal`; the regions of a parallel state are joined by `|`. */
export function pathOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([state, inner]) => `${state}.${pathOf(inner)}`.replace(/\.$/, ''))
    .join('|');
}
