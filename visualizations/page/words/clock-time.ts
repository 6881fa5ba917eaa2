/** Earlier times are those of a run that counts from its own start. */
const CALENDAR_FROM_MS = 1e11;

/** `14:03:07.412`, by the clock of whoever looks; of a staged run `7.412 s`. */
export function clockTime(at: number): string {
  if (at === 0) return '–';
  if (at < CALENDAR_FROM_MS) return `${(at / 1_000).toFixed(3)} s`;
  const date = new Date(at);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const digits = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${digits}.${String(Math.floor(date.getMilliseconds())).padStart(3, '0')}`;
}
