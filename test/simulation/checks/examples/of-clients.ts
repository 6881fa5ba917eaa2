/** Whole runs in which the client library, its server or its watches go wrong. */
import type { ClientReply } from '../../../../src/client-protocol/frame-shapes.ts';
import { RaftError } from '../../../../src/core/errors.ts';
import { decodeCommand, encodeCommand } from '../../../../src/kv/commands/command-codec.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import type { FrameSocket } from '../../../../src/ports/frame-socket.ts';
import { DEFAULT_SERVER_LIMITS } from '../../../../src/server/limits.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { SimulationPlan } from '../../../../src/testing/simulation/plan/plan.ts';
import type { StreamPlan } from '../../../../src/testing/simulation/plan/plan-streams.ts';
import { type RunOptions, runPlan } from '../../runner/run-seed.ts';
import { calmPlan, TROUBLE_MS } from '../../small-runs.ts';
import type { Example } from './example.ts';
import { hearing, saying, socketLike } from './tampering.ts';

/** One program that watches everything, on streams that nothing befalls. */
const CALM_STREAMS: StreamPlan = {
  sessions: true,
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

interface Bug extends RunOptions, Pick<Partial<SimulationPlan>, 'storeLeases'> {
  readonly streams?: Partial<StreamPlan>;
}

function run(property: string, text: string, bugIn: (isWrong: boolean) => Bug): Example {
  const play = async (isWrong: boolean, report: Report): Promise<void> => {
    const { streams, storeLeases = null, ...bugs } = bugIn(isWrong);
    const plan = calmPlan({ storeLeases, streams: { ...CALM_STREAMS, ...streams } });
    const { violation } = await runPlan(plan, bugs);
    if (violation !== null) report(violation.property, violation.message);
  };
  return { property, text, play };
}

/** A run whose clients hear other replies than their server gave. */
function hears(property: string, text: string, change: (isWrong: boolean) => Change): Example {
  return run(property, text, (isWrong) => ({ planted: { dialled: hearing(change(isWrong)) } }));
}

type Change = (reply: ClientReply) => readonly ClientReply[];

const same: Change = (reply) => [reply];
const nothing: Change = () => [];

/** Every so many of them are changed. */
function everyNth(nth: number, change: Change): Change {
  let count = 0;
  return (reply) => {
    count += 1;
    return count % nth === 0 ? change(reply) : [reply];
  };
}

function onlyNth(nth: number, change: Change): Change {
  let count = 0;
  return (reply) => {
    count += 1;
    return count === nth ? change(reply) : [reply];
  };
}

function ofType(type: ClientReply['type'], change: Change): Change {
  return (reply) => (reply.type === type ? change(reply) : [reply]);
}

/** Answers two writes with each other's results. */
function swapped(): Change {
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

/** The numbers of holders are a digit longer than they were. */
function underAnother(bytes: Uint8Array): Uint8Array {
  const command = decodeCommand(bytes);
  if (command.type !== 'txn') return bytes;
  const success = command.success.map((operation) => {
    const isNumber = operation.type === 'put' && operation.key.at(0) === 'l'.charCodeAt(0);
    return isNumber ? { ...operation, value: Uint8Array.of(...operation.value, 0x30) } : operation;
  });
  return encodeCommand({ ...command, success });
}

/** The same again, under a number that nobody waits for. */
const REPEATED = 2 ** 30;

const OF_ANSWERS: readonly Example[] = [
  hears('P01', 'a server answers the wrong call', (isWrong) => (isWrong ? swapped() : same)),
  run('P02', 'a client without sessions sends a write twice', (isWrong) => ({
    streams: { sessions: false },
    planted: {
      dialled: saying((request) =>
        request.type === (isWrong ? 'submit' : 'read')
          ? [request, { ...request, id: request.id + REPEATED }]
          : [request],
      ),
    },
  })),
  run('P08', 'a holder of a lock writes under another number', (isWrong) => ({
    storeLeases: { holders: 1, locks: 1, ttlMs: 1_500, pauseMs: 100 },
    planted: {
      dialled: saying((request) =>
        isWrong && request.type === 'submit'
          ? [{ ...request, command: underAnother(request.command) }]
          : [request],
      ),
    },
  })),
  run('P05', 'a call does not end at its deadline', (isWrong) => ({
    planted: {
      dialled: hearing(everyNth(9, ofType('done', nothing))),
      clock: (clock) => ({
        ...clock,
        setTimeout: (callback, delayMs) =>
          isWrong && delayMs === 20 ? null : clock.setTimeout(callback, delayMs),
      }),
    },
  })),
  run('S37', 'the client library rejects with no error of its own', (isWrong) => ({
    planted: {
      clock: (clock) => ({
        ...clock,
        now: () => {
          if (isWrong) throw new Error('this clock has stopped');
          return clock.now();
        },
      }),
    },
  })),
  run('S37', 'an exception escapes from the client library', (isWrong) => ({
    planted: {
      dialled: (socket) =>
        socketLike(socket, {
          send: (frame, taken) => {
            if (isWrong) throw new Error('this socket cannot send');
            socket.send(frame, taken);
          },
        }),
    },
  })),
];

const OF_WATCHES: readonly Example[] = [
  hears('P03', 'a watch skips a revision', (isWrong) =>
    ofType('watched', onlyNth(3, isWrong ? nothing : same)),
  ),
  hears('P04', 'a watch falls silent', (isWrong) => ofType('watched', isWrong ? nothing : same)),
  hears('P04', 'a watch fails for good', (isWrong) => ofType('progress', isWrong ? failing : same)),
];

const failing: Change = (reply) => {
  const error = new RaftError('RAFT_BAD_REQUEST', 'it was never right to begin with');
  const id = 'id' in reply ? reply.id : 0;
  return [{ type: 'failed', id, error, compactedRevision: null }];
};

const OF_SERVERS: readonly Example[] = [
  run('P06', 'a server goes on telling a client that does not read', (isWrong) => ({
    streams: {
      hostiles: 8,
      windowBytes: 100,
      limits: { ...DEFAULT_SERVER_LIMITS, socketBytesMax: 1_000 },
    },
    planted: { accepted: (socket) => (isWrong ? takenAtOnce(socket) : socket) },
  })),
  run('P06', 'a server never lets go of what its clients have taken', (isWrong) => ({
    planted: {
      accepted: (socket) =>
        socketLike(socket, {
          send: (frame, taken) => socket.send(frame, isWrong ? () => {} : taken),
        }),
    },
  })),
  run('P07', 'a server fails while it answers', (isWrong) => ({
    prepare: (world) =>
      world.clock.setTimeout(() => {
        for (const { machine } of world.all) if (isWrong) breakReads(machine);
      }, TROUBLE_MS / 2),
  })),
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
