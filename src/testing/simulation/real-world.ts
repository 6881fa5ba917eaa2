/**
 * Keeps the real world out of a simulation: whoever looks at the clock, draws a random number or sets a timer
 * while it runs is told so by an exception. XState notes when it set a timer and never looks at it again; so
 * the time may be asked for, but whoever does anything with the answer fails.
 */

interface Replaceable {
  readonly holder: object;
  readonly name: string;
}

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'];

/** Returns how to let it in again. */
export function shutOutRealWorld(): () => void {
  const restores = [
    replace({ holder: Date, name: 'now' }, () => FORBIDDEN_TIME),
    replace({ holder: Math, name: 'random' }, refusing('randomness')),
    replace({ holder: performance, name: 'now' }, refusing('time')),
    ...TIMERS.filter((name) => name in globalThis).map((name) =>
      replace({ holder: globalThis, name }, refusing('timers')),
    ),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

/** Can be kept, but not compared, added or printed. */
const FORBIDDEN_TIME: unknown = {
  [Symbol.toPrimitive]: refusing('time'),
  toJSON: refusing('time'),
};

function refusing(what: string): () => never {
  return () => {
    throw new Error(`a simulation does not touch real ${what}: ask the clock or the random source`);
  };
}

function replace({ holder, name }: Replaceable, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, before);
  };
}
