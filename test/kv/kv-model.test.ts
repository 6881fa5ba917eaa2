/**
 * The store against the naive one: whatever is asked, in whatever order, both answer the same. What each command,
 * read and watch answers is proven here; `edges.test.ts` has the sizes and bounds that random commands do not reach.
 */
import { deepStrictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import type { KvCommand, RangeOptions } from '../../src/kv/commands/commands.ts';
import { CompactedError, FutureRevisionError } from '../../src/kv/commands/kv-errors.ts';
import type { KvResult } from '../../src/kv/commands/results.ts';
import { keyBytes } from '../../src/kv/keys/key-order.ts';
import type { KeySelector } from '../../src/kv/keys/key-selector.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import type { WatchRevision } from '../../src/kv/watching/watch-event.ts';
import { rangeOptions, type Step, step } from './arbitraries.ts';
import { ALL, committed, wanted } from './committed.ts';
import { isMalformed, NaiveStore } from './naive-store.ts';

const RUNS = 3000;

describe('the store and its naive twin', () => {
  it('[KV2] [KV3] [KV4] [KV5] [KV6] [KV7] [KV8] [KV9] [KV13] [KV14] [KV15] [KV16] [KV17] [LE1] [LE2] [LE3] [LE4] answer alike: commands, leases, reads at every revision, watches from anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 4, maxLength: 20 }),
        rangeOptions,
        fc.integer({ min: 0, max: 6 }),
        (steps, finalRead, pruneStepsMax) => {
          const twins = new Twins(pruneStepsMax);
          for (const one of steps) twins.take(one);
          twins.readEverywhere(finalRead);
          twins.compareWatches();
        },
      ),
      { numRuns: RUNS },
    );
  });
});

class Twins {
  readonly #real: KvStateMachine;
  readonly #naive = new NaiveStore();
  readonly #watches: { selector: KeySelector; from: number; got: WatchRevision[] }[] = [];

  constructor(pruneStepsMax: number) {
    this.#real = new KvStateMachine({ pruneStepsMax, blockKeysMax: 3 });
  }

  take(one: Step): void {
    if (one.type === 'apply') this.#apply(one.commands);
    else if (one.type === 'read') this.readEverywhere(one.options);
    else this.#watch(one.selector, one.from);
  }

  readEverywhere(options: RangeOptions): void {
    const { revision: newest, compactedRevision } = this.#naive;
    deepStrictEqual(this.#real.range(options), this.#naive.range(options));
    for (let revision = 1; revision <= newest + 1; revision += 1) {
      const past = { ...options, revision };
      if (revision < compactedRevision) {
        throws(() => this.#real.range(past), isCompacted(compactedRevision));
      } else if (revision > newest) {
        throws(
          () => this.#real.range(past),
          (error) => error instanceof FutureRevisionError && error.revision === newest,
        );
      } else {
        deepStrictEqual(this.#real.range(past), this.#naive.range(past));
        if (options.key === undefined) continue;
        const kv = this.#naive.get(options.key, revision) ?? null;
        deepStrictEqual(this.#real.get(options.key, revision), kv);
      }
    }
  }

  compareWatches(): void {
    for (const { selector, from, got } of this.#watches) {
      deepStrictEqual(got, this.#naive.events(selector, from));
    }
  }

  #apply(commands: readonly KvCommand[]): void {
    const encoded: Uint8Array[] = [];
    const expected: KvResult[] = [];
    for (const command of commands) {
      if (isMalformed(command)) {
        throws(() => encodeCommand(command), RaftError);
        continue;
      }
      encoded.push(encodeCommand(command));
      expected.push(this.#naive.apply(command));
    }
    deepStrictEqual(wanted(this.#real.apply(committed(encoded))).map(withoutMessage), expected);
    deepStrictEqual(this.#real.revision, this.#naive.revision);
    deepStrictEqual(this.#real.compactedRevision, this.#naive.compactedRevision);
    const all = this.#naive.range(ALL);
    deepStrictEqual(this.#real.keyCount, all.count);
    this.#compareLeases();
  }

  #compareLeases(): void {
    const real = [...this.#real.leases.all()].map(({ id, ttlMs, renewals, keys }) => {
      return { id, ttlMs, renewals, keys: [...keys].sort().map(keyBytes) };
    });
    const naive = this.#naive.leases.map((lease) => {
      return { ...lease, keys: this.#naive.keysOf(lease.id) };
    });
    deepStrictEqual(real, naive);
  }

  #watch(selector: KeySelector, from: number | null): void {
    const got: WatchRevision[] = [];
    const options = from === null ? selector : { ...selector, from };
    const start = (): unknown => this.#real.watch(options, (revisions) => got.push(...revisions));
    const { compactedRevision } = this.#naive;
    if (from !== null && from < compactedRevision) {
      throws(start, isCompacted(compactedRevision));
      return;
    }
    start();
    this.#watches.push({ selector, from: from ?? this.#naive.revision + 1, got });
  }
}

function isCompacted(compactedRevision: number): (error: unknown) => boolean {
  return (error) =>
    error instanceof CompactedError && error.compactedRevision === compactedRevision;
}

function withoutMessage(result: KvResult): KvResult {
  return result.type === 'refused' ? { ...result, message: '' } : result;
}
