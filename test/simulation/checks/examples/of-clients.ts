/** Whole runs in which the client library, its server or its watches go wrong. */
import type { ClientReply } from '../../../../src/client-protocol/frame-shapes.ts';
import { RaftError } from '../../../../src/core/errors.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import type { FrameSocket } from '../../../../src/ports/frame-socket.ts';
import { DEFAULT_SERVER_LIMITS } from '../../../../src/server/limits.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { StreamPlan } from '../../../../src/testing/simulation/plan/plan-streams.ts';
import { simulate } from '../../../../src/testing/simulation/simulate.ts';
import {
  KvRemote,
  type PlantedBugs,
} from '../../../../src/testing/simulation/streams/kv-remote.ts';
import { keyValueSubject } from '../../../../src/testing/simulation/subjects/key-value-subject.ts';
import type { World } from '../../../../src/testing/simulation/world/world.ts';
import { calmPlan, TROUBLE_MS } from '../../small-runs.ts';
import type { Example } from './example.ts';
import { hearing, saying, socketLike } from './tampering.ts';

/** One program that watches everything, on streams that nothing befalls. */
const CALM_STREAMS: StreamPlan = {
  clients: 1,
  watches: 1,
  hostiles: 0,
  pauseMs: 100,
  faultEveryMs: Number.POSITIVE_INFINITY,
  dialTimeoutMs: 500,
  keepAliveMs: 500,
  windowBytes: 65_536,
  watchEventsMax: 10_000,
  limits: DEFAULT_SERVER_LIMITS,
  heldBytesMax: 40 * 1024 * 1024,
};

interface RunOptions {
  readonly streams?: Partial<StreamPlan>;
  readonly planted?: Partial<PlantedBugs>;
  readonly prepare?: (world: World) => void;
}

async function runWith(report: Report, options: RunOptions): Promise<void> {
  const { planted = {}, prepare = () => {} } = options;
  const streams = { ...CALM_STREAMS, ...options.streams };
  const plan = calmPlan({ streams });
  const subject = keyValueSubject(plan.workload);
  const { draw, encode } = subject;
  const { violation } = await simulate({
    plan,
    subject,
    prepare,
    remote: (parts) => new KvRemote({ ...parts, draw, encode, plan: streams, planted }),
  });
  if (violation !== null) report(violation.property, violation.message);
}

/** Every so many of them are changed. */
function everyNth(nth: number, change: (reply: ClientReply) => readonly ClientReply[]) {
  let count = 0;
  return (reply: ClientReply): readonly ClientReply[] => {
    count += 1;
    return count % nth === 0 ? change(reply) : [reply];
  };
}

function ofType(type: ClientReply['type'], change: (reply: ClientReply) => readonly ClientReply[]) {
  return (reply: ClientReply): readonly ClientReply[] =>
    reply.type === type ? change(reply) : [reply];
}

/** Answers two writes with each other's results. */
function swapped(): (reply: ClientReply) => readonly ClientReply[] {
  let held: Extract<ClientReply, { type: 'done' }> | null = null;
  return (reply) => {
    if (reply.type !== 'done') return [reply];
    const other = held;
    held = other === null ? reply : null;
    if (other === null) return [];
    return [
      { ...reply, result: other.result },
      { ...other, result: reply.result },
    ];
  };
}

/** The same again, under a number that nobody waits for. */
const REPEATED = 2 ** 30;

const failing = (id: number): ClientReply => ({
  type: 'failed',
  id,
  error: new RaftError('RAFT_BAD_REQUEST', 'it was never right to begin with'),
  compactedRevision: null,
});

const OF_ANSWERS: readonly Example[] = [
  {
    property: 'P01',
    text: 'a server answers the wrong call',
    play: (isWrong, report) =>
      runWith(report, { planted: { dialled: isWrong ? hearing(swapped()) : hearing(same) } }),
  },
  {
    property: 'P02',
    text: 'a client sends a write twice',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          dialled: saying((request) =>
            request.type === (isWrong ? 'submit' : 'read')
              ? [request, { ...request, id: request.id + REPEATED }]
              : [request],
          ),
        },
      }),
  },
  {
    property: 'P05',
    text: 'a call does not end at its deadline',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          dialled: hearing(
            everyNth(
              9,
              ofType('done', () => []),
            ),
          ),
          clock: (clock) => ({
            ...clock,
            setTimeout: (callback, delayMs) =>
              isWrong && delayMs === 20 ? null : clock.setTimeout(callback, delayMs),
          }),
        },
      }),
  },
  {
    property: 'S37',
    text: 'the client library rejects with no error of its own',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          clock: (clock) => ({
            ...clock,
            now: () => {
              if (isWrong) throw new Error('this clock has stopped');
              return clock.now();
            },
          }),
        },
      }),
  },
  {
    property: 'S37',
    text: 'an exception escapes from the client library',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          dialled: (socket) =>
            socketLike(socket, {
              send: (frame, taken) => {
                if (isWrong) throw new Error('this socket cannot send');
                socket.send(frame, taken);
              },
            }),
        },
      }),
  },
];

function same(reply: ClientReply): readonly ClientReply[] {
  return [reply];
}

const OF_WATCHES: readonly Example[] = [
  {
    property: 'P03',
    text: 'a watch skips a revision',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          dialled: hearing(
            everyNth(
              7,
              ofType(isWrong ? 'watched' : 'hello', () => []),
            ),
          ),
        },
      }),
  },
  {
    property: 'P04',
    text: 'a watch falls silent',
    play: (isWrong, report) =>
      runWith(report, {
        planted: { dialled: hearing(ofType('watched', (reply) => (isWrong ? [] : [reply]))) },
      }),
  },
  {
    property: 'P04',
    text: 'a watch fails for good',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          dialled: hearing(
            ofType('progress', (reply) =>
              isWrong && reply.type === 'progress' ? [failing(reply.id)] : [reply],
            ),
          ),
        },
      }),
  },
];

const OF_SERVERS: readonly Example[] = [
  {
    property: 'P06',
    text: 'a server goes on telling a client that does not read',
    play: (isWrong, report) =>
      runWith(report, {
        streams: {
          hostiles: 8,
          windowBytes: 100,
          limits: { ...DEFAULT_SERVER_LIMITS, socketBytesMax: 1_000 },
        },
        planted: {
          accepted: (socket) => (isWrong ? takenAtOnce(socket) : socket),
        },
      }),
  },
  {
    property: 'P06',
    text: 'a server never lets go of what its clients have taken',
    play: (isWrong, report) =>
      runWith(report, {
        planted: {
          accepted: (socket) =>
            socketLike(socket, {
              send: (frame, taken) =>
                isWrong ? socket.send(frame, () => {}) : socket.send(frame, taken),
            }),
        },
      }),
  },
  {
    property: 'P07',
    text: 'a server fails while it answers',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) =>
          world.clock.setTimeout(() => {
            for (const { machine } of world.all) if (isWrong) breakReads(machine);
          }, TROUBLE_MS / 2),
      }),
  },
];

/** Says of every frame that it has left, whoever reads it. */
function takenAtOnce(socket: FrameSocket): FrameSocket {
  return socketLike(socket, {
    bufferedBytes: 0,
    send: (frame, taken = () => {}) => {
      socket.send(frame);
      Promise.resolve().then(taken);
    },
  });
}

function breakReads(machine: unknown): void {
  if (!(machine instanceof KvStateMachine)) return;
  machine.range = () => {
    throw new TypeError('this range is of no kind that is known');
  };
}

export const OF_CLIENTS: readonly Example[] = [...OF_ANSWERS, ...OF_WATCHES, ...OF_SERVERS];
