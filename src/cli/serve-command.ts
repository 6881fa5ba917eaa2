/**
 * `serve`: one node, until it is told to stop or has to. Logs are JSON lines on standard error; why it could
 * not start is a sentence there, and the exit code says whether a restart can help (SV24–SV27, CL16).
 */

import { RaftError } from '../core/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { NodeId } from '../core/types.ts';
import { jsonLog, type Log } from '../server/json-log.ts';
import { type RunningServer, type ServeOptions, serve } from '../server/serve.ts';
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from '../server/server-limits.ts';
import { CliFailure, usageFailure } from './cli-failure.ts';
import { type CliContext, command } from './command.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { formatAddress } from './option-kinds.ts';
import { environmentName, type OptionName, type OptionValues } from './option-table.ts';
import { strayEnvironment } from './read-options.ts';
import { packageVersion } from './version.ts';

const LIMIT_OPTIONS = {
  'command-bytes-max': 'commandBytesMax',
  'proposal-bytes-max': 'proposalBytesMax',
  'unapplied-bytes-max': 'unappliedBytesMax',
  'run-bytes-max': 'runBytesMax',
  'message-bytes-max': 'messageBytesMax',
  'inflight-messages-max': 'inflightMessagesMax',
  'inflight-bytes-max': 'inflightBytesMax',
  'socket-bytes-max': 'socketBytesMax',
  'frame-bytes-max': 'frameBytesMax',
  'cache-bytes-max': 'cacheBytesMax',
  'apply-bytes-max': 'applyBytesMax',
  'pending-reads-max': 'pendingReadsMax',
} as const satisfies Partial<Record<OptionName, keyof Limits>>;
type LimitOption = keyof typeof LIMIT_OPTIONS;

const SERVE_OPTIONS = [
  'id',
  'data-dir',
  'listen',
  'peer-listen',
  'peers',
  'join',
  'cluster-id',
  'election-timeout-ms',
  'heartbeat-interval-ms',
  'suspicion-step-ms',
  'halt-linger-ms',
  'snapshot-entries',
  'snapshot-bytes',
  'value-bytes-max',
  'command-bytes-max',
  'proposal-bytes-max',
  'unapplied-bytes-max',
  'run-bytes-max',
  'message-bytes-max',
  'inflight-messages-max',
  'inflight-bytes-max',
  'socket-bytes-max',
  'frame-bytes-max',
  'cache-bytes-max',
  'apply-bytes-max',
  'pending-reads-max',
] as const;
type ServeValues = OptionValues<Exclude<(typeof SERVE_OPTIONS)[number], 'id' | 'data-dir'>> & {
  readonly id: NodeId;
  readonly 'data-dir': string;
};

export const serveCommand = command({
  name: 'serve',
  usage: '--id ID --data-dir DIR [--peers ID=HOST:PORT,…]',
  summary:
    'Run one node. The same line is right for the first start and for every restart. Logs are JSON lines on standard error; SIGTERM or SIGINT drains and stops it.',
  options: SERVE_OPTIONS,
  required: ['id', 'data-dir'],
  positionals: [0, 0],
  run: async ({ values }, context) => {
    const { id } = values;
    const write = context.writeError;
    const log = jsonLog({ write, wallTimeMs: Date.now, base: { node: id } });
    const options = serveOptions(values, log);
    for (const name of strayEnvironment(context.environment)) {
      log('warn', 'environment', { message: `${name} is no option and has no effect.` });
    }
    const server = await started(options);
    return untilTheEnd(server, context, { log, lingerMs: values['halt-linger-ms'] });
  },
});

/** Options that do not make sense together are refused before anything is touched. */
function serveOptions(values: ServeValues, log: Log): ServeOptions {
  const { id, peers, listen, 'peer-listen': peerListen } = values;
  const ownAddress = peers?.get(id);
  if (peers !== null && ownAddress === undefined) {
    throw usageFailure(
      `--peers names ${[...peers.keys()].join(', ')} and not this node, ${id}. Name every founding member, or correct --id.`,
    );
  }
  return {
    id,
    peers,
    listen,
    log,
    clusterId: values['cluster-id'],
    dataDir: values['data-dir'],
    peerListen:
      peerListen === null ? (ownAddress ?? DEFAULT_PEER_LISTEN) : formatAddress(peerListen),
    timing: timingOf(values),
    limits: limitsOf(values),
    serverLimits: serverLimitsOf(values),
    version: packageVersion(),
  };
}

const DEFAULT_PEER_LISTEN = '127.0.0.1:4200';

function timingOf(values: ServeValues): RaftTiming {
  const { fromMs, toMs } = values['election-timeout-ms'];
  const heartbeatIntervalMs = values['heartbeat-interval-ms'];
  if (heartbeatIntervalMs * 2 > fromMs) {
    throw usageFailure(
      `--heartbeat-interval-ms ${heartbeatIntervalMs} is too long for --election-timeout-ms ${fromMs}-${toMs}: a follower must miss two heartbeats before it campaigns.`,
    );
  }
  return {
    electionTimeoutMinMs: fromMs,
    electionTimeoutMaxMs: toMs,
    heartbeatIntervalMs,
    suspicionStepMs: values['suspicion-step-ms'],
  };
}

function limitsOf(values: OptionValues<LimitOption>): Limits {
  const limits: { -readonly [Name in keyof Limits]: number } = { ...DEFAULT_LIMITS };
  for (const option of Object.keys(LIMIT_OPTIONS).filter(isLimitOption)) {
    limits[LIMIT_OPTIONS[option]] = values[option];
  }
  return limits;
}

function isLimitOption(name: string): name is LimitOption {
  return Object.hasOwn(LIMIT_OPTIONS, name);
}

function serverLimitsOf(values: ServeValues): ServerLimits {
  const valueBytesMax = values['value-bytes-max'];
  const commandBytesMax = values['command-bytes-max'];
  if (valueBytesMax > commandBytesMax) {
    throw usageFailure(
      `--value-bytes-max ${valueBytesMax} does not fit into --command-bytes-max ${commandBytesMax}: raise the latter (${environmentName('command-bytes-max')}) or lower the former.`,
    );
  }
  return { ...DEFAULT_SERVER_LIMITS, valueBytesMax, commandBytesMax };
}

async function started(options: ServeOptions): Promise<RunningServer> {
  try {
    return await serve(options);
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    // An address that is taken: nothing is wrong with the command line itself.
    const exitCode = error.code === 'RAFT_CONFLICT' ? EXIT.unavailable : exitCodeOf(error.code);
    throw new CliFailure(exitCode, `${error.message} (${error.code})`);
  }
}

interface EndOptions {
  readonly log: Log;
  readonly lingerMs: number;
}

async function untilTheEnd(
  server: RunningServer,
  context: CliContext,
  { log, lingerMs }: EndOptions,
): Promise<ExitCode> {
  const halted = await Promise.race([server.halted, aborted(context.interrupted)]);
  if (halted === null) log('info', 'stopping');
  else await Promise.race([pause(lingerMs), aborted(context.interrupted)]);
  await server.close();
  log('info', 'stopped');
  return halted === null ? EXIT.clean : exitCodeOf(halted.code);
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
