/** Time that moves only when told to, held against a sorted list. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

it('[EL14] timers fire when they are due, in the order they were set when due at once, and time stands at each', () => {
  const clock = new VirtualClock({ startMs: 100 });
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`);
  clock.setTimeout(note('c'), 20);
  clock.setTimeout(note('a'), 10);
  clock.setTimeout(note('b'), 10);
  clock.setTimeout(note('now'), -5);
  expect([clock.pendingCount, clock.nextDueMs]).toEqual([4, 100]);
  clock.advance(15);
  expect(fired).toEqual(['now at 100', 'a at 110', 'b at 110']);
  expect([clock.now(), clock.pendingCount, clock.nextDueMs]).toEqual([115, 1, 120]);
  clock.advance(5);
  expect(fired.at(-1)).toBe('c at 120');
  expect(clock.nextDueMs).toBeNull();
});

it('[EL14] a timer that sets itself again is met as often as its interval fits', () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const beat = (): void => {
    fired.push(clock.now());
    clock.setTimeout(beat, 10);
  };
  beat();
  clock.advance(35);
  expect(fired).toEqual([0, 10, 20, 30]);
});

it('[EL14] what is deferred runs after the present timer and before the next, never during the call', () => {
  const clock = new VirtualClock();
  const order: string[] = [];
  clock.setTimeout(() => {
    clock.defer(() => {
      order.push('deferred');
      clock.defer(() => order.push('deferred in turn'));
    });
    order.push('timer');
  }, 1);
  clock.setTimeout(() => order.push('next'), 1);
  clock.advance(1);
  expect(order).toEqual(['timer', 'deferred', 'deferred in turn', 'next']);
  clock.defer(() => order.push('outside'));
  expect(order).not.toContain('outside');
  clock.runDeferred();
  expect(order.at(-1)).toBe('outside');
});

it('[EL14] a step fires one timer, and none that is due too late', () => {
  const clock = new VirtualClock();
  clock.setTimeout(() => {}, 10);
  expect([clock.step(9), clock.now()]).toEqual([false, 0]);
  expect([clock.step(10), clock.now()]).toEqual([true, 10]);
  expect([clock.step(), clock.now()]).toEqual([false, 10]);
});

it('[EL14] the wall clock may jump, monotonic time and timers do not notice', () => {
  const clock = new VirtualClock({ wallStartMs: 5_000 });
  let fired = false;
  clock.setTimeout(() => {
    fired = true;
  }, 10);
  clock.jumpWallTime(-1_000);
  expect([clock.now(), clock.wallTimeMs(), fired]).toEqual([0, 4_000, false]);
  clock.advance(10);
  expect([clock.now(), clock.wallTimeMs(), fired]).toEqual([10, 4_010, true]);
});

it('[EL14] callbacks that go on without end are stopped with words instead of hanging', () => {
  const clock = new VirtualClock();
  const again = (): void => {
    clock.setTimeout(again, 0);
  };
  again();
  expect(() => clock.advance(1)).toThrow('timers set each other without end');
  const deferAgain = (): void => clock.defer(deferAgain);
  deferAgain();
  expect(() => clock.runDeferred()).toThrow('deferred callbacks defer each other without end');
});

it('[EL14] any timers, set and cleared at any time, fire as from a sorted list', () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), delay: fc.nat({ max: 20 }) }),
    fc.record({ kind: fc.constant('clear' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('advance' as const), by: fc.nat({ max: 15 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200, size: 'max' }), (actions) => {
      const clock = new VirtualClock();
      const fired: number[] = [];
      const handles: unknown[] = [];
      const naive: { name: number; due: number }[] = [];
      const expected: number[] = [];
      for (const each of actions) {
        if (each.kind === 'set') {
          const name = handles.length;
          handles.push(clock.setTimeout(() => fired.push(name), each.delay));
          naive.push({ name, due: clock.now() + each.delay });
        } else if (each.kind === 'clear') {
          const name = each.at % Math.max(1, handles.length);
          clock.clearTimeout(handles[name]);
          naive.splice(0, naive.length, ...naive.filter((timer) => timer.name !== name));
        } else {
          clock.advance(each.by);
          const due = naive.filter((timer) => timer.due <= clock.now());
          naive.splice(0, naive.length, ...naive.filter((timer) => timer.due > clock.now()));
          due.sort((left, right) => left.due - right.due || left.name - right.name);
          expected.push(...due.map(({ name }) => name));
        }
        expect(clock.pendingCount).toBe(naive.length);
      }
      expect(fired).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
