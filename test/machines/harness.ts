/**
 * Runs one bound chart as production does, with `createActor` under a virtual clock, and says what it
 * emitted for each event; whatever its children emit is there as well, in order (§10.4 of the notes on
 * XState: an outlet inside the charts, since nobody outside hears the first macrostep).
 */
import { type AnyStateMachine, type ContextFrom, createActor, type EventFrom } from 'xstate';
import { founding } from '../../machines/bindings/founding.ts';
import { bindCharts } from '../../machines/index.ts';
import { withOutlet } from '../../machines/outlet.ts';
import { foundingMembership, staticConfiguration } from '../../src/core/configuration.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { LogShape, TermRun } from '../../src/core/log-shape.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import { index, type NodeId, nodeId, term } from '../../src/core/types.ts';
import { startProgress } from '../../src/rules/progress.ts';
import { DEFAULT_TIMING } from '../../src/rules/timing.ts';
import { pathOf } from '../../src/testing/mini-cluster/path-of.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

export const N1: NodeId = nodeId('n1');
export const N2: NodeId = nodeId('n2');
export const N3: NodeId = nodeId('n3');
export const N4: NodeId = nodeId('n4');
export const N5: NodeId = nodeId('n5');
export const THREE = staticConfiguration([N1, N2, N3]);

/** Small, so that tests reach the bounds: sizes are whatever a test says they are. */
export const LIMITS = { messageBytesMax: 4, inflightMessagesMax: 2, inflightBytesMax: 6 } as const;

/** A log from the terms of its entries, the first of them at index 1. */
export function logOf(terms: readonly number[]): LogShape {
  const termRuns: TermRun[] = [];
  terms.forEach((each, offset) => {
    if (termRuns.at(-1)?.term === each) return;
    termRuns.push({ term: term(each), firstIndex: index(offset + 1) });
  });
  return { base: { term: term(0), index: index(0) }, lastIndex: index(terms.length), termRuns };
}

/** The state of a follower `n1` of three that has just started, but for `changes`. */
export function raftState(changes: Partial<RaftState> = {}): RaftState {
  const log = changes.log ?? logOf([]);
  const configuration = changes.configuration ?? THREE;
  return {
    id: N1,
    configuration,
    configurations: [foundingMembership(configuration, log.base.index)],
    timing: DEFAULT_TIMING,
    term: term(0),
    votedFor: null,
    leaderId: null,
    log,
    durableIndex: log.lastIndex,
    commitIndex: index(0),
    granted: [],
    preVoteRound: 0,
    passedAhead: 0,
    protocol: { preVote: true, checkQuorum: true },
    matchIndex: {},
    termStartIndex: index(0),
    heardFrom: [],
    round: 0,
    roundEchoed: {},
    pendingRounds: [],
    transferTarget: null,
    transferNamed: null,
    leaving: [],
    ...changes,
  };
}

/** What the leader of term 3 knows of `n2` when it has just appended its no-op, entry 5, but for `changes`. */
export function replicationState(changes: Partial<ReplicationState> = {}): ReplicationState {
  const start = startProgress({
    peer: N2,
    term: term(3),
    log: logOf([1, 1, 2, 2, 3]),
    nextIndex: index(5),
    commitIndex: index(2),
    limits: LIMITS,
  });
  return { ...start, ...changes };
}

type Charts = ReturnType<typeof bindCharts> & { readonly founding: typeof founding };
type ChartName = keyof Charts;

interface RunOptions {
  readonly clock?: VirtualClock;
  /** Uniform in `[0, 1)`; always 0 unless given. */
  readonly random?: () => number;
  /** Hears each effect at the moment it leaves. */
  readonly heard?: (effect: Effect) => void;
}

/** What a test does with a running chart. */
type RunningChart<Context, Event> = {
  readonly clock: VirtualClock;
  /** What it emitted when it started. */
  readonly started: readonly Effect[];
  /** Sends one event and returns what was emitted for it. */
  send(event: Event): readonly Effect[];
  /** Moves time on and returns what was emitted meanwhile. */
  advance(byMs: number): readonly Effect[];
  /** The state's value, as a path: `follower.loyal`. A parallel state's regions are joined by `|`. */
  state(): string;
  context(): Context;
  /** Names of the children that live. */
  children(): readonly string[];
  tellChild(name: string, event: object): readonly Effect[];
  /** What killed it; `null` while it lives. */
  error(): unknown;
  stop(): void;
};

/** Starts the bound chart of that name. */
export function run<Name extends ChartName>(
  name: Name,
  input: object | undefined,
  options: RunOptions = {},
): RunningChart<ContextFrom<Charts[Name]>, EventFrom<Charts[Name]>> {
  const { clock = new VirtualClock(), random = () => 0, heard = () => {} } = options;
  let emitted: Effect[] = [];
  const outlet = (effect: Effect): void => {
    emitted.push(effect);
    heard(effect);
  };
  const led = withOutlet(founding, outlet as (effect: object) => void);
  const charts: Charts = { ...bindCharts({ random, limits: LIMITS, outlet }), founding: led };
  const chart: AnyStateMachine = charts[name];
  const system = name === 'node' ? { systemId: name } : {};
  const actor = createActor(chart, { input, clock, ...system });
  let failure: unknown = null;
  actor.subscribe({
    error: (error) => {
      failure = error;
    },
  });
  const during = (act: () => void): readonly Effect[] => {
    emitted = [];
    act();
    return emitted;
  };
  return {
    clock,
    started: during(() => actor.start()),
    send: (event) => during(() => actor.send(event)),
    advance: (byMs) => during(() => clock.advance(byMs)),
    state: () => pathOf(actor.getSnapshot().value),
    context: () => actor.getSnapshot().context,
    children: () => Object.keys(actor.getSnapshot().children),
    tellChild: (child, event) => during(() => actor.getSnapshot().children[child]?.send(event)),
    error: () => failure,
    stop: () => actor.stop(),
  };
}

/** Only the effects of these types. */
export function only<Type extends Effect['type']>(
  effects: readonly Effect[],
  ...types: readonly Type[]
): readonly Extract<Effect, { type: Type }>[] {
  const isWanted = (effect: Effect): effect is Extract<Effect, { type: Type }> =>
    (types as readonly string[]).includes(effect.type);
  return effects.filter(isWanted);
}
