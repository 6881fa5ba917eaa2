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
    replace({ holder: globalThis, name: 'Date' }, withoutNow(Date)),
    replace({ holder: Date, name: 'now' }, () => FORBIDDEN_TIME),
    replace({ holder: Math, name: 'random' }, refusing('randomness')),
    replace({ holder: performance, name: 'now' }, refusing('time')),
    replace({ holder: crypto, name: 'randomUUID' }, refusing('randomness')),
    replace({ holder: crypto, name: 'getRandomValues' }, refusing('randomness')),
    ...TIMERS.filter((name) => name in globalThis).map((name) =>
      replace({ holder: globalThis, name }, refusing('timers')),
    ),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

/** Dates can be made from what is given, and not from the present. */
function withoutNow(date: DateConstructor): DateConstructor {
  return new Proxy(date, {
    construct: (target, given, self) =>
      given.length === 0 ? refusing('time')() : Reflect.construct(target, given, self),
    apply: refusing('time'),
  });
}

/** Can be kept, but not compared, added or printed. */
const FORBIDDEN_TIME: unknown = {
  [Symbol.toPrimitive]: refusing('time'),
  toJSON: refusing('time'),
};

/** True for the words of an exception with which the real world was shut out. */
export function saysRealWorld(message: string): boolean {
  return message.startsWith(TOUCHED);
}

const TOUCHED = 'a simulation does not touch real ';

function refusing(what: string): () => never {
  return () => {
    throw new Error(
      `${TOUCHED}${what}: ask the clock or the random source; a command gets its time in its context`,
    );
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
