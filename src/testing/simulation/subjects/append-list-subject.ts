/**
 * Lists under simulation: clients append values that are never used twice, and read whole lists. Nothing is ever
 * overwritten, so every lost, doubled or reordered command stays in sight until the end.
 */
import type {
  CommittedCommand,
  MachineSnapshot,
  StateMachine,
} from '../../../ports/state-machine.ts';
import {
  type AppendListInput,
  type AppendListOutput,
  appendList,
} from '../../linearizability/models/append-list.ts';
import type { KeyValueWorkload } from './key-value-subject.ts';
import { linearizable, type Subject } from './subject.ts';

type AppendListSubject = Subject<AppendListInput, AppendListOutput, ListsMachine>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Small, so that snapshots have several chunks. */
const CHUNK_BYTES = 500;
/** Stands between the key and the value of a command. */
const SEPARATOR = '\n';

/** Lists by key; a command is the key, a line break and the value. */
export class ListsMachine implements StateMachine {
  readonly #lists = new Map<string, string[]>();

  apply(batch: readonly CommittedCommand[]): readonly number[] {
    return batch.map(({ data }) => {
      const [key = '', value = ''] = decoder.decode(data).split(SEPARATOR);
      const list = this.#lists.get(key) ?? [];
      this.#lists.set(key, list);
      return list.push(value);
    });
  }

  encodeResult(length: unknown): Uint8Array {
    return encoder.encode(String(length));
  }

  decodeResult(bytes: Uint8Array): number {
    return Number(decoder.decode(bytes));
  }

  snapshot(): MachineSnapshot {
    const bytes = encoder.encode(this.digest());
    return {
      *chunks() {
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
          yield bytes.slice(at, at + CHUNK_BYTES);
        }
      },
      release: () => {},
    };
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const stream = new TextDecoder();
    const text = parts.map((part) => stream.decode(part, { stream: true })).join('');
    this.#lists.clear();
    for (const [key, values] of JSON.parse(text) as [string, string[]][]) {
      this.#lists.set(key, values);
    }
  }

  list(key: string): readonly string[] {
    return [...(this.#lists.get(key) ?? [])];
  }

  digest(): string {
    return JSON.stringify([...this.#lists]);
  }
}

export function appendListSubject({ keys, reads }: KeyValueWorkload): AppendListSubject {
  return {
    name: 'lists',
    create: () => new ListsMachine(),
    draw: (random, { client, sequence }) => {
      const key = `k${random.integer(1, keys)}`;
      if (random.chance(reads)) return { type: 'read', key };
      return { type: 'append', key, value: `${client}.${sequence}` };
    },
    encode: (input) =>
      input.type === 'read' ? null : encoder.encode(`${input.key}${SEPARATOR}${input.value}`),
    read: (machine, { key }) => ({ type: 'values', values: machine.list(key) }),
    decode: () => ({ type: 'done' }),
    digest: (machine) => machine.digest(),
    judge: linearizable(appendList),
  };
}
