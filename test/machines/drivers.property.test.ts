/**
 * The same chart under two drivers: actors, as in production, and XState's pure `transition()` with timers
 * and effects as data. If both say the same at the same time, nothing hides in the machinery between them.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  initialTransition,
  transition,
} from 'xstate';
import { bindCharts } from '../../machines/index.ts';
import { staticConfiguration } from '../../src/core/configuration.ts';
import type { Message } from '../../src/core/message.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import { admit } from '../../src/rules/ingress.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { LIMITS, logOf, N1, N2, N3, N4, N5, raftState } from './harness.ts';
import {
  askPreVote,
  askVote,
  durable,
  heartbeat,
  LAST,
  preVoteAnswer,
  voteAnswer,
} from './raft-events.ts';

interface Driver {
  send(event: { readonly type: string }): void;
  snapshot(): AnyMachineSnapshot;
  stop(): void;
}

/** What one step left behind: when, in which state, with which context, having said what. */
type Trace = string[];

interface Setting {
  readonly chart: AnyStateMachine;
  readonly input: object;
  readonly clock: VirtualClock;
  readonly trace: Trace;
}

/**
 * A draw depends on the time alone: how often XState asks for a delay is its own affair (the pure functions
 * ask once more at the start).
 */
function drawAt(clock: VirtualClock): number {
  return (clock.now() * 0.37 + 0.1) % 1;
}

function settled(
  { clock, trace }: Setting,
  snapshot: AnyMachineSnapshot,
  effects: readonly unknown[],
): void {
  trace.push(JSON.stringify([clock.now(), snapshot.value, snapshot.context, effects]));
}

function withActors(setting: Setting): Driver {
  const { chart, input, clock } = setting;
  let effects: unknown[] = [];
  const actor = createActor(chart, { input, clock });
  actor.on('*', (effect) => effects.push(effect));
  actor.subscribe((snapshot) => {
    settled(setting, snapshot, effects);
    effects = [];
  });
  actor.start();
  return {
    send: (event) => actor.send(event),
    snapshot: () => actor.getSnapshot(),
    stop: () => actor.stop(),
  };
}

/** An action as `transition()` hands it out. */
interface Action {
  readonly type: string;
  readonly params: unknown;
}

function withTransitions(setting: Setting): Driver {
  const { chart, input, clock } = setting;
  const timers = new Map<string, unknown>();
  let snapshot: AnyMachineSnapshot;
  const settle = ([next, actions]: readonly [AnyMachineSnapshot, readonly Action[]]): void => {
    snapshot = next;
    settled(setting, next, actions.flatMap(perform));
  };
  const step = (event: { readonly type: string }): void =>
    settle(transition(chart, snapshot, event) as [AnyMachineSnapshot, readonly Action[]]);
  const perform = ({ type, params }: Action): readonly unknown[] => {
    if (type === 'xstate.emit') return [(params as { event: unknown }).event];
    if (type === 'xstate.cancel') {
      const { sendId } = params as { sendId: string };
      clock.clearTimeout(timers.get(sendId));
    } else if (type === 'xstate.raise') {
      const { id, event, delay } = params as {
        id: string;
        event: { type: string };
        delay?: number;
      };
      if (delay !== undefined)
        timers.set(
          id,
          clock.setTimeout(() => step(event), delay),
        );
    } else if (!['xstate.spawnChild', 'xstate.stopChild', 'xstate.sendTo'].includes(type)) {
      throw new Error(`an action of type ${type}`);
    }
    return [];
  };
  settle(initialTransition(chart, input) as [AnyMachineSnapshot, readonly Action[]]);
  return {
    send: step,
    snapshot: () => snapshot,
    stop: () => {
      for (const timer of timers.values()) clock.clearTimeout(timer);
    },
  };
}

type Stimulus =
  | { readonly waitMs: number }
  | { readonly event: (of: number) => { readonly type: string } };
type ChartName = keyof ReturnType<typeof bindCharts>;

function traceOf(
  make: (setting: Setting) => Driver,
  name: ChartName,
  input: object,
  stimuli: readonly Stimulus[],
): Trace {
  const clock = new VirtualClock();
  const trace: Trace = [];
  const chart: AnyStateMachine = bindCharts({ random: () => drawAt(clock), limits: LIMITS })[name];
  const driver = make({ chart, input, clock, trace });
  for (const stimulus of stimuli) {
    if ('waitMs' in stimulus) clock.advance(stimulus.waitMs);
    else tell(driver, stimulus.event(driver.snapshot().context.term ?? 0));
  }
  driver.stop();
  return trace;
}

/** Terms are normalised on the way in, as in production; a term that the node leads has no other leader. Who is done hears nothing. */
function tell(driver: Driver, event: { readonly type: string; readonly message?: Message }): void {
  const { message } = event;
  const snapshot = driver.snapshot();
  if (snapshot.status === 'done') return;
  if (message === undefined) return driver.send(event);
  const { term: own, protocol }: RaftState = snapshot.context;
  if (message.type === 'AppendEntries' && message.term === own && snapshot.hasTag('leads')) return;
  const [isLoyal, leads] = [snapshot.hasTag('loyal'), snapshot.hasTag('leads')];
  const admission = admit({ term: own, protocol, isLoyal, leads }, message);
  if (admission.type === 'drop' || admission.type === 'refuseStale') return;
  const observed = { type: 'term.observed', term: admission.newerTerm };
  if (admission.newerTerm !== null) driver.send(observed);
  if (admission.type === 'deliver') driver.send(event);
}

function agree(
  name: ChartName,
  input: object,
  event: fc.Arbitrary<(of: number) => { readonly type: string }>,
): void {
  const wait = fc.integer({ min: 1, max: 700 }).map((waitMs) => ({ waitMs }));
  const stimulus: fc.Arbitrary<Stimulus> = fc.oneof(
    { weight: 1, arbitrary: wait },
    { weight: 3, arbitrary: event.map((make) => ({ event: make })) },
  );
  let steps = 0;
  fc.assert(
    fc.property(fc.array(stimulus, { maxLength: 40, size: 'max' }), (stimuli) => {
      const actors = traceOf(withActors, name, input, stimuli);
      expect(traceOf(withTransitions, name, input, stimuli)).toEqual(actors);
      steps += actors.length;
    }),
    { numRuns: 150 },
  );
  expect(steps).toBeGreaterThan(1_000);
}

const peer = fc.constantFrom(N2, N3);
const ahead = fc.integer({ min: -1, max: 1 });
const few = fc.nat({ max: 3 });

/** Messages to a node whose log is [1, 4]: entries come from n2 in even terms and from n3 in odd ones. */
const raftEvent = fc.oneof(
  fc.tuple(peer, ahead, fc.boolean()).map(
    ([from, by, granted]) =>
      (of: number) =>
        voteAnswer(from, of + by, granted),
  ),
  fc.tuple(peer, few, fc.boolean()).map(
    ([from, round, granted]) =>
      (of: number) =>
        preVoteAnswer(from, round, granted, of),
  ),
  fc.tuple(peer, ahead, few).map(
    ([from, by, at]) =>
      (of: number) =>
        askVote(from, of + by, { ...LAST, index: index(at) }),
  ),
  fc.tuple(peer, ahead).map(
    ([from, by]) =>
      (of: number) =>
        askPreVote(from, of + by),
  ),
  fc.tuple(ahead, few).map(
    ([by, commit]) =>
      (of: number) =>
        heartbeat((of + by) % 2 === 0 ? N2 : N3, of + by, commit),
  ),
  fc.constantFrom(N1, N2, null).map((votedFor) => (of: number) => durable(of, votedFor)),
  fc.tuple(peer, fc.constantFrom('link.opened', 'link.closed')).map(([from, type]) => () => ({
    type,
    peer: from,
  })),
  fc.constantFrom('disk.stalled', 'round.requested').map((type) => () => ({ type })),
);

it('[EL14] both drivers agree on the raft chart among others, until it leads', () => {
  const configuration = staticConfiguration([N1, N2, N3, N4, N5]);
  agree('raft', raftState({ configuration, log: logOf([1, 4]), term: term(4) }), raftEvent);
});

it('[EL14] both drivers agree on the raft chart alone in its configuration, where it leads', () => {
  const configuration = staticConfiguration([N1]);
  const own = fc.oneof(
    fc.nat({ max: 4 }).map((past) => (of: number) => ({
      type: 'disk.durable',
      hardState: { term: term(of), votedFor: N1 },
      entry: { term: term(past === 0 ? 1 : of), index: index(2 + past) },
    })),
    fc.integer({ min: 1, max: 3 }).map((count) => () => ({ type: 'proposals.gathered', count })),
    fc.constantFrom('disk.stalled', 'round.requested').map((type) => () => ({ type })),
  );
  agree('raft', raftState({ configuration, log: logOf([1, 1]), term: term(1) }), own);
});

it('[EL14] both drivers agree on the log writer', () => {
  const event = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.nat({ max: 5 }).map((batch) => () => ({ type: 'write.completed', batch })),
    },
    { weight: 8, arbitrary: fc.constant(() => ({ type: 'write.requested' })) },
    { weight: 1, arbitrary: fc.constant(() => ({ type: 'write.failed', error: 'EIO' })) },
  );
  agree('logWriter', { stallTimeoutMs: 300 }, event);
});

it('[EL14] both drivers agree on the applier', () => {
  const event = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .nat({ max: 20 })
        .map((at) => () => ({ type: 'commit.advanced', commitIndex: index(at) })),
    },
    {
      weight: 8,
      arbitrary: fc
        .nat({ max: 20 })
        .map((at) => () => ({ type: 'apply.completed', throughIndex: index(at) })),
    },
    { weight: 1, arbitrary: fc.constant(() => ({ type: 'apply.failed', error: 'a bug' })) },
  );
  agree('applier', { lastApplied: index(0) }, event);
});

it('[EL14] both drivers agree on the snapshotter', () => {
  const event = fc.oneof(
    fc.nat({ max: 20 }).map((at) => () => ({
      type: 'entries.applied',
      lastApplied: index(at),
      bytes: at,
    })),
    fc
      .constantFrom('wanted', 'captured', 'stored', 'refused')
      .map((what) => () => ({ type: `snapshot.${what}` })),
  );
  const thresholds = { entries: 5, bytes: null, ageMs: 300 };
  agree('snapshotter', { thresholds, lastApplied: index(0) }, event);
});

it('[EL14] both drivers agree on the read index', () => {
  const leaderId = fc.constantFrom(N2, null);
  const at = fc.nat({ max: 9 });
  const event = fc.oneof(
    fc.record({
      type: fc.constant('reads.gathered'),
      servesReads: fc.boolean(),
      leaderId,
      nowMs: at,
    }),
    fc.record({
      type: fc.constantFrom('leader.answered', 'leader.refused'),
      requestId: at,
      readIndex: at,
    }),
    fc.record({ type: fc.constant('round.confirmed'), readIndex: at }),
    fc.record({ type: fc.constant('reads.confirmed'), readIndex: at, lastApplied: at }),
    fc.record({ type: fc.constant('entries.applied'), lastApplied: at }),
    fc.record({ type: fc.constantFrom('role.changed', 'link.closed'), peer: peer }),
  );
  const input = { patienceMs: 300 };
  agree(
    'readIndex',
    input,
    event.map((each) => () => each),
  );
});

it('[EL14] both drivers agree on forwarding', () => {
  const types = ['propose.sent', 'propose.taken', 'propose.refused', 'role.changed'];
  agree(
    'forwarding',
    {},
    fc.constantFrom(...types).map((type) => () => ({ type })),
  );
});

it('[EL14] both drivers agree on either side of a link', () => {
  const ofDialler = ['dial', 'hello.sent', 'hello.accepted', 'hello.refused'];
  const event = fc
    .tuple(fc.constantFrom(...ofDialler, 'call.admitted', 'socket.closed'), fc.nat({ max: 6 }))
    .map(([type, at]) => () => ({ type, attempt: at, call: at, reason: 'so' }));
  agree('link', { peer: N2 }, event);
});

it('[EL14] the same draws and events give the same words, at the same times', () => {
  fc.assert(
    fc.property(fc.array(raftEvent, { maxLength: 30 }), (events) => {
      const stimuli = events.flatMap((event) => [{ event }, { waitMs: 97 }]);
      const input = raftState({ log: logOf([1, 4]), term: term(4) });
      expect(traceOf(withActors, 'raft', input, stimuli)).toEqual(
        traceOf(withActors, 'raft', input, stimuli),
      );
    }),
    { numRuns: 50 },
  );
});
