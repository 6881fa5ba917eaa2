/** One thing at a time, and after a throw none. */
import { expect, it } from 'vitest';
import { stepClock } from '../../src/node/tree/step-clock.ts';
import { StepLoop } from '../../src/node/tree/step-loop.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

interface Told {
  readonly loop: StepLoop<string>;
  readonly performed: string[];
  readonly failures: unknown[];
}

/** A loop whose effects are words; `throws` throws at one of them. */
function loopThat(throws: (effect: string) => boolean): Told {
  const performed: string[] = [];
  const failures: unknown[] = [];
  const loop = new StepLoop<string>(
    (effect) => {
      if (throws(effect)) throw new Error(effect);
      performed.push(effect);
    },
    (error) => failures.push(error),
  );
  return { loop, performed, failures };
}

it('[FS1] performs all effects of a step, in order, before the next input', () => {
  const { loop, performed } = loopThat(() => false);
  loop.run(() => {
    loop.run(() => loop.emit('second'));
    loop.emit('first');
    loop.emit('and more');
  });
  expect(performed).toEqual(['first', 'and more', 'second']);
});

it('[FS1] a throw is the last thing: effects and inputs behind it are dropped, and none is taken later', () => {
  const { loop, performed, failures } = loopThat((effect) => effect === 'bad');
  const heard: string[] = [];
  loop.run(() => {
    loop.run(() => heard.push('an input that waited'));
    for (const effect of ['good', 'bad', 'an answer']) loop.emit(effect);
  });
  loop.run(() => heard.push('a later input'));
  loop.emit('a later effect');
  loop.run(() => {});
  expect(performed).toEqual(['good']);
  expect(heard).toEqual([]);
  expect(failures).toEqual([new Error('bad')]);
});

it('[FS1] an input that throws is the last one too, and takes what it had handed out with it', () => {
  const { loop, performed, failures } = loopThat(() => false);
  loop.run(() => {
    loop.emit('an answer');
    throw new Error('bad');
  });
  expect([performed, failures]).toEqual([[], [new Error('bad')]]);
});

it('[FS1] ended in the middle of a step, it performs nothing of that step any more', () => {
  const { loop, performed, failures } = loopThat(() => false);
  loop.run(() => {
    loop.emit('before');
    loop.end();
    loop.emit('after');
    loop.run(() => loop.emit('later'));
  });
  expect([performed, failures]).toEqual([[], []]);
});

it('[FS2] what a timer throws is the end of the node, not of the program, and no timer fires after it', () => {
  const { loop, failures } = loopThat(() => false);
  const time = new VirtualClock();
  const clock = stepClock(time, (input) => loop.run(input));
  const fired: string[] = [];
  clock.setTimeout(() => fired.push('first'), 1);
  clock.clearTimeout(clock.setTimeout(() => fired.push('taken back'), 1));
  clock.setTimeout(() => {
    throw new Error('bad');
  }, 2);
  for (const later of [clock.defer, clock.yield])
    clock.setTimeout(() => later(() => fired.push('late')), 3);
  time.advance(10);
  expect([fired, failures]).toEqual([['first'], [new Error('bad')]]);
});
