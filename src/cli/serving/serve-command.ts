/**
 * `serve`: one node, until it is told to stop or has to. Logs are lines on standard error, JSON unless asked otherwise; why it could
 * not start is a sentence there, and the exit code says whether a restart can help (SV24–SV27, CL16).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { formatAddress } from '../../core/address.ts';
import { RaftError } from '../../core/errors.ts';
import { descriptorShares } from '../../library/descriptor-limits.ts';
import type { LogStore } from '../../ports/log-store.ts';
import { descriptorLimit } from '../../server/admission/descriptor-limit.ts';
import { boundedLog } from '../../server/operations/bounded-log.ts';
import { jsonLog, type Log, type LogLevel, logFrom } from '../../server/operations/json-log.ts';
import { textLog } from '../../server/operations/text-log.ts';
import type { RunningServer, ServeOptions } from '../../server/serve.ts';
import type { Inspection } from '../../server/server-context.ts';
import type { TlsFiles } from '../../wire/tls-files.ts';
import { connectionClock } from '../../wire/ws-clock.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { CALLER_OPTIONS } from '../asking/client-token.ts';
import { aborted, type CliContext, command } from '../command.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../failures/exit-codes.ts';
import { type ReadOptions, strayEnvironment } from '../options/read-options.ts';
import { packageVersion } from '../version.ts';
import type { Bootstrap } from './bootstrap.ts';
import { clientExposures, isLoopback, peerExposures } from './exposure.ts';
import { type Asker, clusterToJoin, type Joining, join } from './join-cluster.ts';
import { Announcer } from './multicast/announcer.ts';
import { adjustableOf, reloading } from './reload.ts';
import { groupOf, requireProofOfOthers, SEED_OPTIONS, seedsOf } from './seeds.ts';
import { SETTING_OPTIONS, serveSettings } from './serve-settings.ts';
import { clientPortTls, clusterSecret, PORT_OPTIONS, peerPortTls } from './tls-settings.ts';

/** What may stand in a configuration file, too. */
export const SERVE_FIELDS = [
  'id',
  'data-dir',
  'listen',
  'allow-host',
  'client-url',
  'peer-listen',
  'peers',
  ...SEED_OPTIONS,
  'bootstrap-expect',
  'cluster-id',
  'halt-linger-ms',
  'log-format',
  'log-level',
  'ui',
  'inspect',
  'inspect-peers',
  ...PORT_OPTIONS,
  'without-access',
  ...CALLER_OPTIONS,
  ...SETTING_OPTIONS,
] as const;
const SERVE_NEEDED = ['id', 'data-dir'] as const;
type Given = ReadOptions<'config' | (typeof SERVE_FIELDS)[number], (typeof SERVE_NEEDED)[number]>;

export const serveCommand = command({
  name: 'serve',
  usage: '--id ID --data-dir DIR [--peers ID=HOST:PORT,…]',
  summary:
    'Run one node. The same line is right for the first start and for every restart. Logs are JSON lines on standard error; SIGTERM or SIGINT drains and stops it.',
  options: ['config', ...SERVE_FIELDS],
  required: SERVE_NEEDED,
  file: { pathOf: ({ values }) => values.config, fields: SERVE_FIELDS },
  run: async (given, context) => {
    context.keepPrivate();
    const { values } = given;
    const write = context.writeError;
    const form = values['log-format'] === 'text' ? textLog : jsonLog;
    const told = form({ write, wallTimeMs: Date.now, base: { node: values.id } });
    let least: LogLevel = values['log-level'];
    const whole = logFrom(() => least, told);
    const { leftOut, log } = boundedLog(whole, connectionClock);
    for (const name of strayEnvironment(context.environment)) {
      log('warn', 'environment', { message: `${name} is no option and has no effect.` });
    }
    const guards = guardsOf(values, log);
    const options = await identified(serveOptions(values, log), { values, context, log });
    if (context.interrupted.aborted) return saidEnd(log);
    const guarded = { ...options, ...guards, logLinesLeftOut: leftOut };
    for (const exposure of peerExposures(guarded)) log('warn', 'exposed', exposure);
    if (options.withoutAccess) log('warn', 'withoutAccess', { message: WITHOUT_ACCESS });
    const bootstrap = bootstrapOf(values, guards.clusterSecret ?? null);
    announce(values, { context, log });
    const starting = started(guarded, bootstrap === null ? null : { bootstrap, context, log });
    const adopt = (server: RunningServer, next: Given['values']): void => {
      server.adjust(adjustableOf(next));
      least = next['log-level'];
    };
    heedHangups(given, guards, { starting, adopt, context, log });
    const server = await Promise.race([starting, aborted(context.interrupted)]);
    if (server === null) return abandon(starting, log);
    tellExposures(server, guarded, log);
    const joining = joinOf(values);
    const refused = joining === null ? NEVER : join(joining, { server, context, log });
    return untilTheEnd(server, context, { log, lingerMs: values['halt-linger-ms'], refused });
  },
});

type Checked = Omit<Given['values'], 'config'>;
const WITHOUT_ACCESS =
  'THIS NODE LETS IN EVERYBODY, whatever the cluster says. Make a token (raftchart token create NAME --role root), then start it without --without-access.';

/** Said once it is known whether access is on, or has not become known within so many milliseconds (TL8). */
async function tellExposures(
  server: RunningServer,
  options: ServeOptions,
  log: Log,
): Promise<void> {
  const hasAccess = await server.hasAccess(ACCESS_KNOWN_MS);
  const exposures = clientExposures(options, { hasAccess: hasAccess === true });
  for (const exposure of exposures) log('warn', 'exposed', exposure);
}

const ACCESS_KNOWN_MS = 5_000;

interface Guards {
  readonly tls?: TlsFiles;
  readonly peerTls?: TlsFiles;
  readonly clusterSecret?: string;
}

/** Who may speak to this node: what its files say, before anything is touched. */
function guardsOf(values: Checked, log: Log): Guards {
  const [tls, peerTls] = [clientPortTls(values, log), peerPortTls(values, log)];
  const secret = clusterSecret(values);
  return {
    ...(tls !== null && { tls }),
    ...(peerTls !== null && { peerTls }),
    ...(secret !== null && { clusterSecret: secret }),
  };
}

/** Options that do not make sense together are refused before anything is touched. */
function serveOptions(values: Checked, log: Log): ServeOptions {
  const { id, peers, listen } = values;
  if (peers !== null && !peers.has(id)) {
    throw usageFailure(
      `--peers names ${[...peers.keys()].join(', ')} and not this node, ${id}. Name every founding member, or correct --id.`,
    );
  }
  const joining = joinOf(values);
  bootstrapOf(values, null);
  const settings = serveSettings(values);
  return {
    id,
    peers,
    listen,
    isJoining: joining !== null,
    allowHosts: values['allow-host'] ?? [],
    clientUrl: values['client-url'],
    log,
    clusterId: values['cluster-id'],
    dataDir: values['data-dir'],
    peerListen: peerListenOf(values),
    ...settings,
    withoutAccess: withoutAccess(values),
    logsRequests: values['log-level'] === 'debug',
    inspection: inspectionOf(values),
    version: packageVersion(),
  };
}

/** Others find it as long as it is not told to stop (CG7). */
function announce(values: Checked, { context, log }: Asker): void {
  const group = groupOf(values);
  if (group === null) return;
  const announcer = new Announcer(group, values.listen, log);
  context.interrupted.addEventListener('abort', () => announcer.close(), { once: true });
}

interface Reloads extends Asker {
  readonly starting: Promise<RunningServer>;
  readonly adopt: (server: RunningServer, values: Given['values']) => void;
}

type GivenAgain = Pick<Given, 'values' | 'origins'> & {
  readonly again: () => Promise<Given>;
};

/** Without anything to read again, SIGHUP ends this process as it ends others. */
function heedHangups(
  given: GivenAgain,
  { peerTls, tls }: Guards,
  { adopt, context, log, starting }: Reloads,
): void {
  const files = [tls, peerTls].filter((each) => each !== undefined);
  const hasFile = given.origins.has('config');
  if (files.length === 0 && !hasFile) return;
  const reload = starting.then((server) =>
    reloading(given, { again: given.again, adopt: (next) => adopt(server, next), log }),
  );
  context.onHangup(() => {
    for (const each of files) each.reload();
    // A start that fails says so itself.
    if (hasFile)
      reload.then(
        (again) => again(),
        () => {},
      );
  });
}

interface Start extends Asker {
  readonly values: Given['values'];
}

/** Of a node that joins: the cluster has to say which it is. */
async function identified(
  options: ServeOptions,
  { values, ...asker }: Start,
): Promise<ServeOptions> {
  const joining = joinOf(values);
  const isFounding = values['bootstrap-expect'] !== null;
  if (joining === null || isFounding || options.clusterId !== null) return options;
  return { ...options, clusterId: await clusterToJoin(joining, asker).catch(unfit) };
}

/**
 * What `check-config` asks: whether a start by these options would be refused before it touches anything. Throws as the
 * start would.
 */
export function checkServe(values: Checked, log: Log): void {
  const { peerTls, tls } = guardsOf(values, log);
  peerTls?.close();
  tls?.close();
  serveOptions(values, log);
}

/** AC8: whoever reaches a node that asks nobody for a token may do everything, so that has to be this machine. */
function withoutAccess({ listen, 'without-access': isWithout }: Checked): boolean {
  if (!isWithout || isLoopback(formatAddress(listen))) return isWithout;
  throw usageFailure('--without-access lets in everybody: give --listen a loopback address.');
}

/** `null`: what happens inside is not shown. */
function inspectionOf(values: Checked): Inspection | null {
  const { inspect, ui, 'inspect-peers': peers } = values;
  if (inspect || ui) {
    return { peers: peers ?? new Map(), hasPage: ui, secureContext: tlsContext(values) };
  }
  if (peers === null) return null;
  throw usageFailure(
    '--inspect-peers is of use only with --inspect or --ui: give both, or neither.',
  );
}

function peerListenOf({ id, peers, 'peer-listen': given }: Checked): string {
  return given === null ? (peers?.get(id) ?? DEFAULT_PEER_LISTEN) : formatAddress(given);
}

/** `null`: it does not join. The others have to be told an address at which they find it. */
function joinOf(values: Checked): Joining | null {
  const { cacert, cert, id, 'data-dir': dataDir, key, peers } = values;
  const { 'token-file': tokenFile } = values;
  const seeds = seedsOf(values);
  if (seeds === null) return null;
  if (!isAlone(values)) {
    if (isOnlyFound(values)) return null;
    throw usageFailure(values['bootstrap-expect'] === null ? FOUNDS_OR_JOINS : FOUNDS_BY_NAME);
  }
  requireProofOfOthers(values);
  const address = peers?.get(id) ?? peerListenOf(values);
  if (/^(0\.0\.0\.0|\[::\]):|:0$/.test(address)) {
    throw usageFailure(
      `The others cannot find this node at ${address}: give --peers ${id}=HOST:PORT with the address by which they reach it.`,
    );
  }
  return { id, address, dataDir, seeds, caller: { cacert, cert, key, 'token-file': tokenFile } };
}

const FOUNDS_OR_JOINS =
  '--peers founds a cluster, and --join or --discover-srv joins one: give one of the two.';
const FOUNDS_BY_NAME =
  '--peers founds a cluster of those that it names, and --bootstrap-expect of those that it finds: give one of the two, or let --peers name this node alone.';
const NOBODY_TO_FIND =
  '--bootstrap-expect needs to know where the others are: give --join with the URLs of their clients, --discover-srv or --discover-multicast.';

function isAlone({ peers }: Checked): boolean {
  return peers === null || peers.size === 1;
}

/** A founder by name looks for nobody. */
function isOnlyFound(values: Checked): boolean {
  return values['discover-multicast'] && values['bootstrap-expect'] === null;
}

/** `null`: whether there is a cluster is no question. */
function bootstrapOf(values: Checked, secret: string | null): Bootstrap | null {
  const expected = values['bootstrap-expect'];
  if (expected === null) return null;
  const joining = joinOf(values);
  if (joining === null) throw usageFailure(isAlone(values) ? NOBODY_TO_FIND : FOUNDS_BY_NAME);
  return { joining, expected, cluster: values['cluster-id'] ?? '', secret };
}

/** CL32: no other start with the same line would be taken. */
function unfit(error: unknown): never {
  throw error instanceof RaftError ? unfitness(error) : error;
}

function unfitness({ code, message }: RaftError): CliFailure {
  return new CliFailure(EXIT.wrongConfiguration, `${message} (${code})`, code);
}

const NEVER = new Promise<never>(() => {});

const DEFAULT_PEER_LISTEN = '127.0.0.1:4200';

/** The disk lets wait more than it computes: the log is being opened while the server is loaded. */
async function started(
  options: ServeOptions,
  founding: FoundingStart | null,
): Promise<RunningServer> {
  try {
    if (founding !== null) return await startedToFound(options, founding);
    const store = await openingStore(options);
    const { serve } = await import('../../server/serve.ts');
    return await serve({ ...options, ...(store !== null && { store }) });
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    // An address that is taken: nothing is wrong with the command line itself.
    const exitCode = error.code === 'RAFT_CONFLICT' ? EXIT.unavailable : exitCodeOf(error);
    throw new CliFailure(exitCode, `${error.message} (${error.code})`, error.code);
  }
}

interface FoundingStart extends Asker {
  readonly bootstrap: Bootstrap;
}

async function startedToFound(
  options: ServeOptions,
  { bootstrap, ...asker }: FoundingStart,
): Promise<RunningServer> {
  const { foundCluster } = await import('./found-cluster.ts');
  const { serve } = await import('../../server/serve.ts');
  const belonging: ServeOptions['belonging'] = (port, clientUrl) =>
    foundCluster(bootstrap, { port, clientUrl, asker });
  return serve({ ...options, belonging });
}

/** `null`: too few files may be open for one, as the server will say. */
async function openingStore({ dataDir, id }: ServeOptions): Promise<LogStore | null> {
  const shares = descriptorShares(descriptorLimit());
  if (shares === null) return null;
  const { openingLogStore } = await import('../../storage/disk-log-store.ts');
  return openingLogStore({ directory: dataDir, openFilesMax: shares.disk }, { nodeId: id });
}

/** A start may be ended anywhere (ST11): it is waited for a moment, and then left as it is. */
async function abandon(starting: Promise<RunningServer>, log: Log): Promise<ExitCode> {
  const ended = starting.then(
    (server) => server.close(),
    () => {},
  );
  return saidEnd(log, Promise.race([ended, pause(ABANDON_AFTER_MS)]));
}

async function saidEnd(log: Log, ended?: Promise<void>): Promise<ExitCode> {
  log('info', 'stopping');
  await ended;
  log('info', 'stopped');
  return EXIT.clean;
}

/** How long a start that was told to stop may still take, in milliseconds. */
const ABANDON_AFTER_MS = 1_000;

interface EndOptions {
  readonly log: Log;
  readonly lingerMs: number;
  /** The cluster does not take it. */
  readonly refused: Promise<RaftError>;
}

async function untilTheEnd(
  server: RunningServer,
  context: CliContext,
  { log, lingerMs, refused }: EndOptions,
): Promise<ExitCode> {
  const removed = server.removed.then(() => new CliFailure(EXIT.wrongConfiguration, REMOVED));
  const notTaken = refused.then(unfitness);
  const end = await Promise.race([server.halted, removed, notTaken, aborted(context.interrupted)]);
  if (end === null || end instanceof CliFailure) log('info', 'stopping');
  else await Promise.race([pause(lingerMs), aborted(context.interrupted)]);
  await server.close();
  log('info', 'stopped');
  if (end instanceof CliFailure) throw end;
  return end === null ? EXIT.clean : exitCodeOf(end);
}

/** The peers may say so before the leader has refused to add it again (CL32): whoever starts it under that name learns the same. */
const REMOVED =
  'This node was removed from its cluster, and its name is not used again. Its data directory is of no use any more; a node with another name and an empty one may join (--join).';
