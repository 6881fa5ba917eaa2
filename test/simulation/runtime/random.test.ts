/** Chance that repeats: what every other promise of the simulator stands on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';

const ROUNDS = 300;
const anySeed = fc.string({ maxLength: 12 });

function drawsOf(random: SeededRandom, count: number): readonly number[] {
  return Array.from({ length: count }, () => random.next());
}

describe('a seed', () => {
  it('[SI1] draws these numbers, on every machine', () => {
    const random = new SeededRandom('17');
    const words = Array.from({ length: 3 }, () => random.hexWord());
    expect(words).toEqual(['ecc60e4a7ab2a5d8', '59cc63ce33cc8959', 'abb35c3efa8b18a2']);
    expect(new SeededRandom(17).fork('network').hexWord()).toBe('2f89bc3e96297eb6');
  });

  it('[SI1] is a number or its text, and another seed draws otherwise', () => {
    expect(drawsOf(new SeededRandom(4), 8)).toEqual(drawsOf(new SeededRandom('4'), 8));
    const firsts = Array.from({ length: 5_000 }, (_, seed) => new SeededRandom(seed).next());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('[SI1] is forked into parts that draw the same however much the others draw', () => {
    const property = (seed: string, name: string, draws: number): void => {
      const busy = new SeededRandom(seed);
      drawsOf(busy, draws);
      drawsOf(busy.fork(`${name}?`), draws);
      const own = drawsOf(busy.fork(name), 5);
      expect(own).toEqual(drawsOf(new SeededRandom(seed).fork(name), 5));
      expect(own).not.toEqual(drawsOf(busy.fork(`${name}?`), 5));
      expect(own).not.toEqual(drawsOf(new SeededRandom(seed), 5));
    };
    fc.assert(fc.property(anySeed, anySeed, fc.nat({ max: 20 }), property), { numRuns: ROUNDS });
  });

  it('[SI1] a fork leaves what its parent draws as it is', () => {
    const parent = new SeededRandom('a');
    parent.fork('b').next();
    expect(drawsOf(parent, 3)).toEqual(drawsOf(new SeededRandom('a'), 3));
  });
});

describe('what is drawn', () => {
  it('[SI1] lies in its range: [0, 1), [from, to), [from, through]', () => {
    const property = (seed: string, from: number, size: number): void => {
      const random = new SeededRandom(seed);
      for (const number of drawsOf(random, 20)) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }
      const real = random.between(from, from + size + 1);
      expect(real).toBeGreaterThanOrEqual(from);
      expect(real).toBeLessThan(from + size + 1);
      const whole = random.integer(from, from + size);
      expect(Number.isInteger(whole) && whole >= from && whole <= from + size).toBe(true);
      expect(random.exponential(size)).toBeGreaterThanOrEqual(0);
    };
    const from = fc.integer({ min: -1_000, max: 1_000 });
    const size = fc.nat({ max: 50 });
    fc.assert(fc.property(anySeed, from, size, property), { numRuns: ROUNDS });
  });

  it('[SI1] is spread evenly: every whole number, both ends among them, comes about as often', () => {
    const random = new SeededRandom('even');
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 6_000; draw += 1) {
      const number = random.integer(1, 6);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });

  it('[SI1] chance holds as often as it says, never for 0, always for 1', () => {
    const random = new SeededRandom('chance');
    const share = (probability: number): number =>
      Array.from({ length: 5_000 }, () => random.chance(probability)).filter(Boolean).length;
    expect(share(0)).toBe(0);
    expect(share(1)).toBe(5_000);
    expect(Math.abs(share(0.2) - 1_000)).toBeLessThan(120);
  });

  it('[SI1] a chance of 0 draws nothing, so that a fault that is left out moves nobody', () => {
    const random = new SeededRandom('a');
    random.chance(0);
    expect(random.next()).toBe(new SeededRandom('a').next());
  });

  it('[SI1] pick returns each item now and then, and refuses to pick from nothing', () => {
    const random = new SeededRandom('pick');
    const picked = Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c']));
    expect([...new Set(picked)].sort()).toEqual(['a', 'b', 'c']);
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it('[SI1] shuffle keeps every item and its input, and reaches every order', () => {
    const items = Object.freeze([1, 2, 3]);
    const random = new SeededRandom('shuffle');
    const orders = Array.from({ length: 600 }, () => random.shuffle(items));
    for (const order of orders) expect([...order].sort()).toEqual([1, 2, 3]);
    const counts = new Map<string, number>();
    for (const order of orders) counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1);
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(count).toBeGreaterThan(60);
  });

  it('[SI1] exponential has the mean that it is given, and is far above it now and then', () => {
    const random = new SeededRandom('exponential');
    const waits = Array.from({ length: 20_000 }, () => random.exponential(10));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(Math.abs(mean - 10)).toBeLessThan(0.3);
    expect(Math.max(...waits)).toBeGreaterThan(50);
    expect(waits.every(Number.isFinite)).toBe(true);
  });
});
