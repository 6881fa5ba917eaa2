/** Payloads that tell from the index alone what they must be. */

export function payloadsAt(first: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, at) => `entry ${first + at} ${'.'.repeat((first + at) % 97)}`,
  );
}
