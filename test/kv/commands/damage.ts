/** Small changes to bytes, such as a bad wire or a hostile client makes. */
import fc from 'fast-check';

export interface Damage {
  readonly type: 'set' | 'cut' | 'insert' | 'remove';
  /** Where, as a fraction of the length. */
  readonly at: number;
  readonly byte: number;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  type: fc.constantFrom('set', 'set', 'set', 'cut', 'insert', 'remove'),
  at: fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000),
  byte: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 255 })),
});

export function damaged(bytes: Uint8Array, { type, at, byte }: Damage): Uint8Array {
  const place = Math.floor(at * bytes.length);
  const changed = [...bytes];
  if (type === 'set') changed.splice(place, 1, byte);
  else if (type === 'insert') changed.splice(place, 0, byte);
  else if (type === 'remove') changed.splice(place, 1);
  else changed.length = place;
  return Uint8Array.from(changed);
}
