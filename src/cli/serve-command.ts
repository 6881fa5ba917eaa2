/**
 * `serve`: one node, until it is told to stop or has to. Logs are JSON lines on standard error; why it could
 * not start is a sentence there, and the exit code says whether a restart can help (SV24–SV27, CL16).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { RaftError } from '../core/errors.ts';
import { jsonLog, type Log } from '../server/operations/json-log.ts';
import { type RunningServer, type ServeOptions, serve } from '../server/serve.ts';
import { CliFailure, usageFailure } from './cli-failure.ts';
import { aborted, type CliContext, command } from './command.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { formatAddress } from './option-kinds.ts';
import { type ReadOptions, strayEnvironment } from './read-options.ts';
import { SETTING_OPTIONS, serveSettings } from './serve-settings.ts';
import { packageVersion } from './version.ts';

const SERVE_OPTIONS = [
  'id',
  'data-dir',
  'listen',
  'allow-host',
  'peer-listen',
  'peers',
  'join',
  'cluster-id',
  'halt-linger-ms',
  'snapshot-entries',
  'snapshot-bytes',
  'ui',
  'inspect',
  ...SETTING_OPTIONS,
] as const;
const NEEDED = ['id', 'data-dir'] as const;
type Given = ReadOptions<(typeof SERVE_OPTIONS)[number], (typeof NEEDED)[number]>;

export const serveCommand = command({
  name: 'serve',
  usage: '--id ID --data-dir DIR [--peers ID=HOST:PORT,…]',
  summary:
    'Run one node. The same line is right for the first start and for every restart. Logs are JSON lines on standard error; SIGTERM or SIGINT drains and stops it.',
  options: SERVE_OPTIONS,
  required: NEEDED,
  run: async ({ values }, context) => {
    const { id } = values;
    const write = context.writeError;
    const log = jsonLog({ write, wallTimeMs: Date.now, base: { node: id } });
    const options = serveOptions(values, log);
    for (const name of strayEnvironment(context.environment)) {
      log('warn', 'environment', { message: `${name} is no option and has no effect.` });
    }
    const starting = started(options);
    const server = await Promise.race([starting, aborted(context.interrupted)]);
    if (server === null) return abandon(starting, log);
    return untilTheEnd(server, context, { log, lingerMs: values['halt-linger-ms'] });
  },
});

/** Options that do not make sense together are refused before anything is touched. */
function serveOptions(values: Given['values'], log: Log): ServeOptions {
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
    allowHosts: values['allow-host'] ?? [],
    log,
    clusterId: values['cluster-id'],
    dataDir: values['data-dir'],
    peerListen:
      peerListen === null ? (ownAddress ?? DEFAULT_PEER_LISTEN) : formatAddress(peerListen),
    ...serveSettings(values),
    version: packageVersion(),
  };
}

const DEFAULT_PEER_LISTEN = '127.0.0.1:4200';

async function started(options: ServeOptions): Promise<RunningServer> {
  try {
    return await serve(options);
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    // An address that is taken: nothing is wrong with the command line itself.
    const exitCode = error.code === 'RAFT_CONFLICT' ? EXIT.unavailable : exitCodeOf(error.code);
    throw new CliFailure(exitCode, `${error.message} (${error.code})`, error.code);
  }
}

/** A start may be ended anywhere (ST11): it is waited for a moment, and then left as it is. */
async function abandon(starting: Promise<RunningServer>, log: Log): Promise<ExitCode> {
  log('info', 'stopping');
  const ended = starting.then(
    (server) => server.close(),
    () => {},
  );
  await Promise.race([ended, pause(ABANDON_AFTER_MS)]);
  log('info', 'stopped');
  return EXIT.clean;
}

/** How long a start that was told to stop may still take, in milliseconds. */
const ABANDON_AFTER_MS = 1_000;

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
