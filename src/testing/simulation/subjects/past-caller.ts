/**
 * Lets go of the history of a key-value store, and asks members for what is past: each answers for what is kept as it
 * always did, and refuses what was let go of with the revision from which on it knows (S47).
 */
import { encodeCommand } from '../../../kv/commands/command-codec.ts';
import { CompactedError, FutureRevisionError } from '../../../kv/commands/kv-errors.ts';
import type { KvResult } from '../../../kv/commands/results.ts';
import { differenceOf } from '../runtime/plain-text.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Remote } from '../streams/remote.ts';
import { PREFIX, textOfRevision } from '../streams/store-record.ts';
import type { SimulatedMember } from '../world/member.ts';
import { presentIn, type World } from '../world/world.ts';
import { type StoreArchive, storeOf } from './store-archive.ts';

interface PastCallerOptions {
  readonly world: World;
  readonly archive: StoreArchive;
  /** The average pause, in milliseconds. */
  readonly everyMs: number;
}

/** How likely it compacts, rather than looks. */
const COMPACT_CHANCE = 0.3;
/** So far back, or beyond the newest, at most. */
const BACK_MAX = 20;
const BEYOND_MAX = 3;

const encoder = new TextEncoder();
const OF_WORKLOAD = encoder.encode(PREFIX);

export class PastCaller implements Remote {
  readonly isIdle = true;
  readonly toldCount = 0;
  readonly #options: PastCallerOptions;
  readonly #random: SeededRandom;
  #isRunning = false;
  #timer: unknown = null;

  constructor(options: PastCallerOptions) {
    this.#options = options;
    this.#random = options.world.random.fork('past');
  }

  start(): void {
    this.#isRunning = true;
    if (this.#timer === null) this.#pause();
  }

  stop(): void {
    this.#isRunning = false;
  }

  resume(): void {
    this.#isRunning = true;
  }

  mend(): void {}

  isThrough(): boolean {
    return true;
  }

  /** Every member, at every revision, now that all hold the same. */
  judge(): boolean {
    const { archive, world } = this.#options;
    for (const member of presentIn(world)) {
      const store = storeOf(member);
      if (store.compactedRevision !== archive.compactedRevision) {
        this.#report(
          `${member.id} has compacted ${store.compactedRevision}, not ${archive.compactedRevision}`,
        );
      }
      const first = Math.max(1, store.compactedRevision - 1);
      for (let at = first; at <= store.revision + 1; at += 1) this.#look(member, at);
    }
    return true;
  }

  #pause(): void {
    const { everyMs, world } = this.#options;
    this.#timer = world.clock.setTimeout(() => {
      if (this.#isRunning) this.#act(world.member(this.#random.pick(world.plan.members)));
      this.#pause();
    }, this.#random.exponential(everyMs));
  }

  #act(member: SimulatedMember): void {
    const isCompacting = this.#random.chance(COMPACT_CHANCE);
    const back = this.#random.integer(-BEYOND_MAX, BACK_MAX);
    if (member.state !== 'up' || member.isForeign) return;
    const revision = Math.max(1, storeOf(member).revision - back);
    if (isCompacting) this.#compact(member, revision);
    else this.#look(member, revision);
  }

  #compact({ id, node, process }: SimulatedMember, revision: number): void {
    const { world } = this.#options;
    const { timeoutMs } = world.plan.workload;
    const command = encodeCommand({ type: 'compact', revision });
    process?.run('input', () =>
      node?.submit(command, { timeoutMs }, (outcome) => {
        if (outcome.type === 'applied') this.#told(id, revision, outcome.result as KvResult);
      }),
    );
  }

  #told(id: string, asked: number, result: KvResult): void {
    const { archive, world } = this.#options;
    world.note(id, `says of compacting ${asked}: ${result.type}`);
    if (result.type === 'compact') {
      world.sometimes.note('history is let go of');
      if (result.compactedRevision === asked && archive.compactedRevision >= asked) return;
    }
    const isRefusal = result.type === 'refused';
    if (isRefusal && asked <= result.compactedRevision) return;
    if (isRefusal && asked > result.revision) return;
    this.#report(`${id} answers to compacting ${asked}: ${JSON.stringify(result)}`);
  }

  /** The store as it stood, and what a watch from there is told first. */
  #look(member: SimulatedMember, revision: number): void {
    const store = storeOf(member);
    const { store: all } = this.#options.archive;
    const truth = revision > store.revision ? FUTURE : valuesIn(all, revision);
    this.#compare(member, `a read at ${revision}`, {
      told: answerOf(() => valuesIn(store, revision)),
      truth: revision < store.compactedRevision ? compactedAt(store) : truth,
    });
    this.#compare(member, `a watch from ${revision}`, {
      told: answerOf(() => eventsIn(store, revision, store.revision)),
      truth:
        revision < store.compactedRevision
          ? compactedAt(store)
          : eventsIn(all, revision, store.revision),
    });
  }

  #compare(
    { id }: SimulatedMember,
    what: string,
    { told, truth }: Record<'told' | 'truth', string>,
  ): void {
    if (told !== truth) this.#report(`${id} answers to ${what}: ${differenceOf(truth, told)}`);
  }

  #report(text: string): void {
    this.#options.world.report('S47', text);
  }
}

type Past = StoreArchive['store'];

const FUTURE = 'it does not exist yet';

function compactedAt({ compactedRevision }: { readonly compactedRevision: number }): string {
  return `all before ${compactedRevision} was let go of`;
}

function valuesIn(past: Past, revision: number): string {
  const { kvs } = past.range({ prefix: OF_WORKLOAD, revision });
  return kvs.map(({ key, value, modRevision }) => `${key} ${value} ${modRevision}`).join('; ');
}

/** One page of what a watch from there is told, through a revision. */
function eventsIn(past: Past, from: number, through: number): string {
  const { revisions } = past.history({ prefix: OF_WORKLOAD, from });
  return revisions
    .filter(({ revision }) => revision <= through)
    .map(textOfRevision)
    .join('; ');
}

function answerOf(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof CompactedError) return compactedAt(error);
    if (error instanceof FutureRevisionError) return FUTURE;
    throw error;
  }
}
