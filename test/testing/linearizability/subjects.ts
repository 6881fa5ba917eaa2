/** What the operations of the small machines look like to the models. */
import {
  type AppendListInput,
  type AppendListOutput,
  type AppendListState,
  appendList,
} from '../../../src/testing/linearizability/models/append-list.ts';
import {
  type KeyValueInput,
  type KeyValueOutput,
  type KeyValueState,
  keyValue,
} from '../../../src/testing/linearizability/models/key-value.ts';
import {
  type RegisterInput,
  type RegisterOutput,
  type RegisterState,
  register,
} from '../../../src/testing/linearizability/models/register.ts';
import {
  type SessionCounterInput,
  type SessionCounterOutput,
  type SessionCounterState,
  sessionCounter,
} from '../../../src/testing/linearizability/models/session-counter.ts';
import {
  type SmallInput,
  type Subject,
  smallAppendList,
  smallKeyValue,
  smallRegister,
  smallSessionCounter,
} from './small-machines.ts';

export const registerSubject: Subject<RegisterState, RegisterInput, RegisterOutput> = {
  machine: smallRegister,
  model: register,
  input: ({ kind, value }) => {
    if (kind === 0) return { type: 'read' };
    return kind === 1 ? { type: 'write', value: String(value) } : { type: 'delete' };
  },
  output: ({ kind }, answer) =>
    kind === 0 ? { type: 'value', value: textOrNull(answer) } : { type: 'done' },
};

export const keyValueSubject: Subject<KeyValueState, KeyValueInput, KeyValueOutput> = {
  machine: smallKeyValue,
  model: keyValue,
  input: keyValueInput,
  output: ({ kind }, answer) =>
    kind === 0
      ? { type: 'value', value: textOrNull(answer) }
      : { type: 'done', changed: answer === 1 },
};

function keyValueInput({
  kind,
  key: number,
  value: argument,
  expected,
}: SmallInput): KeyValueInput {
  const key = `key ${number}`;
  const value = String(argument);
  switch (kind) {
    case 0:
      return { type: 'get', key };
    case 1:
      return { type: 'put', key, value };
    case 2:
      return { type: 'delete', key };
    case 3:
      return { type: 'create', key, value };
    default:
      return { type: 'compareAndSet', key, expected: String(expected), value };
  }
}

export const appendListSubject: Subject<AppendListState, AppendListInput, AppendListOutput> = {
  machine: smallAppendList,
  model: appendList,
  input: ({ kind, key, value }) =>
    kind === 0
      ? { type: 'read', key: `key ${key}` }
      : { type: 'append', key: `key ${key}`, value: String(value) },
  output: ({ kind }, answer) =>
    kind === 0 ? { type: 'values', values: valuesOf(answer) } : { type: 'done' },
};

export const sessionCounterSubject: Subject<
  SessionCounterState,
  SessionCounterInput,
  SessionCounterOutput
> = {
  machine: smallSessionCounter,
  model: sessionCounter,
  input: ({ kind, key, value }) =>
    kind === 0
      ? { type: 'read' }
      : { type: 'increment', session: `session ${key}`, sequence: value },
  output: (_, count) => ({ count }),
};

function textOrNull(value: number): string | null {
  return value === 0 ? null : String(value);
}

/** Two bits a value, the newest lowest. */
function valuesOf(list: number): readonly string[] {
  return list === 0 ? [] : [...valuesOf(list >> 2), String(list & 3)];
}
