/**
 * One member of a play through all its lives: a disk that stays, and a production node under a clock of its
 * own, which runs only when the play says so. Reports in words what goes on inside it.
 */
import type { Limits } from '../../src/core/limits.ts';
import type { RaftProtocol, RaftTiming } from '../../src/core/raft-state.ts';
import type { NodeId } from '../../src/core/types.ts';
import type { RaftNode } from '../../src/node/raft-node.ts';
import type { CommittedCommand } from '../../src/ports/state-machine.ts';
import type { Transport } from '../../src/ports/transport.ts';
import type { HeldDisk } from '../../src/testing/mini-cluster/held-disk.ts';
import { Member } from '../../src/testing/mini-cluster/member.ts';
import type { Watch } from '../../src/testing/mini-cluster/watch.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { placeOf } from './in-words.ts';
import { labelOf, type Moved, movedIn } from './state-names.ts';

interface PlayMemberOptions {
  readonly id: NodeId;
  readonly ids: readonly NodeId[];
  readonly disk: HeldDisk;
  readonly transport: () => Transport;
  readonly limits: Partial<Limits>;
  readonly diskStallMs: number;
  readonly protocol: RaftProtocol;
  readonly watch: Watch;
  /** A line for the text of the play; its own name comes first. */
  readonly says: (text: string) => void;
}

/** Draws of chance are all the same, so that every timeout is as long as the last one. */
const DRAW = 0.5;

const PLAY_TIMING: RaftTiming = {
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 600,
  heartbeatIntervalMs: 100,
  suspicionStepMs: 25,
};

/** Bound: a clock that has run this long without what the play waits for never brings it about. */
const PATIENCE_MS = 5_000;

export class PlayMember {
  readonly id: NodeId;
  readonly disk: HeldDisk;
  readonly #options: PlayMemberOptions;
  #life: Life | null = null;

  constructor(options: PlayMemberOptions) {
    this.#options = options;
    this.id = options.id;
    this.disk = options.disk;
  }

  get node(): RaftNode | null {
    return this.#life?.member.node ?? null;
  }

  /** What the state machine of this life holds. */
  get values(): ReadonlyMap<string, string> {
    return this.#life?.values ?? new Map();
  }

  /** The state of a chart in words: `raft`, or `replication:n2`; empty if there is none. */
  labelOf(actor: string): string {
    return this.#life?.labels.get(actor) ?? '';
  }

  /** It leads, and some peer waits to hear what is committed. */
  get owesCommit(): boolean {
    return this.#life?.owesCommit ?? false;
  }

  async start(): Promise<void> {
    const life = new Life(this.#options);
    await life.member.start();
    this.#life = life;
  }

  async crash(how: { readonly isWritten: boolean }): Promise<void> {
    this.#life?.member.kill();
    this.#life = null;
    await this.disk.crash(how);
  }

  runDeferred(): void {
    this.#life?.clock.runDeferred();
  }

  check(): void {
    this.#life?.member.check();
  }

  /** Fires its next timer if it is due by then; false if none is. */
  step(untilMs: number): boolean {
    return this.#life?.clock.step(untilMs) ?? false;
  }

  get nowMs(): number {
    return this.#life?.clock.now() ?? 0;
  }

  rest(untilMs: number): void {
    this.#life?.clock.advance(Math.max(0, untilMs - this.nowMs));
  }

  /** When patience ends, on its clock. */
  get patienceEndMs(): number {
    return this.nowMs + PATIENCE_MS;
  }

  /** The events that moved its raft chart or its replication charts since the last call. */
  takeEvents(): readonly string[] {
    return this.#life?.takeEvents() ?? [];
  }
}

/** From a start to the next crash. */
class Life {
  readonly clock = new VirtualClock();
  readonly values = new Map<string, string>();
  readonly labels = new Map<string, string>();
  readonly member: Member;
  readonly #says: (text: string) => void;
  /** The replication actors that wait to tell a commit index. */
  readonly #owing = new Set<string>();
  #events: string[] = [];
  #commitIndex = 0;

  constructor({ says, transport, ...options }: PlayMemberOptions) {
    this.#says = says;
    this.member = new Member({
      ...options,
      clock: this.clock,
      transport: transport(),
      random: () => DRAW,
      timing: PLAY_TIMING,
      inspected: (reported) => this.#inspect(reported),
      applied: (command) => this.#applied(command),
      halted: ({ code, message }) => {
        says(`halts: ${code}`);
        const { disk, id, watch } = options;
        if (!disk.isBroken) watch.report('S37', `${id} halts: ${message}`);
      },
    });
  }

  takeEvents(): readonly string[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  get owesCommit(): boolean {
    return this.member.leads && this.#owing.size > 0;
  }

  #inspect(reported: unknown): void {
    const moved = movedIn(reported);
    if (moved === null) return;
    this.#events.push(moved.event);
    if (moved.path === 'replicate.owing') this.#owing.add(moved.actor);
    else this.#owing.delete(moved.actor);
    const label = labelOf(moved);
    const before = this.labels.get(moved.actor);
    this.labels.set(moved.actor, label);
    if (moved.actor === 'raft') this.#noteCommit(moved.commitIndex, before === undefined);
    if (before === label || before === undefined) return;
    this.#says(inWords(moved, before, label));
  }

  /** What it knows from the beginning is told by the line of its start. */
  #noteCommit(commitIndex: number, isFirst: boolean): void {
    if (commitIndex <= this.#commitIndex) return;
    if (!isFirst) this.#says(`commit ${this.#commitIndex} → ${commitIndex}`);
    this.#commitIndex = commitIndex;
  }

  #applied(command: CommittedCommand): void {
    const text = new TextDecoder().decode(command.data);
    const [key, value] = text.split('=');
    if (key !== undefined && value !== undefined) this.values.set(key, value);
    if (text !== '') this.#says(`applies ${placeOf(command)} ${text}`);
  }
}

function inWords({ actor, cause }: Moved, before: string, after: string): string {
  if (actor === 'raft') return `${before} → ${after} (${cause})`;
  return `to ${actor.replace('replication:', '')}: ${before} → ${after} (${cause})`;
}
