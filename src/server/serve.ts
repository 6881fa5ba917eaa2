/**
 * The composition root of the server: listens, starts the node on its disk, puts the store and both client
 * interfaces on top, and takes it all down again in order (SV24–SV27). It never ends the process: what to
 * do when the node halts, the command line decides.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { formatAddress } from '../core/address.ts';
import { RaftError } from '../core/errors.ts';
import type { FoundingWord } from '../core/founding.ts';
import { HAND_OVER_TIMEOUT_MS, type Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { SnapshotThresholds } from '../core/snapshot-thresholds.ts';
import type { NodeId } from '../core/types.ts';
import type { HashSecret } from '../kv/keys/key-hash.ts';
import { KvStateMachine } from '../kv/kv-state-machine.ts';
import type { Retention } from '../kv/store/retention.ts';
import { assembleNode } from '../library/assemble-node.ts';
import { storedClusterId } from '../library/cluster-identity.ts';
import {
  DESCRIPTORS_MIN,
  type DescriptorShares,
  descriptorShares,
} from '../library/descriptor-limits.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Replica } from '../ports/replica.ts';
import type { TlsSource } from '../ports/tls.ts';
import { openingLogStore } from '../storage/disk-log-store.ts';
import { connectionClock } from '../wire/ws-clock.ts';
import { AccessGuard } from './access/access-guard.ts';
import { ALWAYS_FRESH, RightsFreshness } from './access/rights-freshness.ts';
import { descriptorLimit } from './admission/descriptor-limit.ts';
import { createHeld, type Held } from './admission/held-bytes.ts';
import { ClientPort } from './client-port/client-port.ts';
import { clientUrlsOf, type KnownClientUrls } from './client-urls.ts';
import { doorInCluster } from './founding-door.ts';
import { type HttpAddress, HttpServer } from './http/http-server.ts';
import { LeaseKeeper } from './leases/lease-keeper.ts';
import { SharedRenewals } from './leases/shared-renewals.ts';
import { CLIENTS_FOLLOW_MS, type ServerLimits, SSE_KEEP_ALIVE_MS } from './limits.ts';
import { OpenStreams } from './open-streams.ts';
import { type DiskSpace, watchDiskSpace } from './operations/disk-space.ts';
import type { Log } from './operations/json-log.ts';
import { watchLoopDelay } from './operations/loop-delay.ts';
import { logNode } from './operations/node-log.ts';
import { processGauges } from './operations/process-gauges.ts';
import { logRequest, type RequestFacts } from './operations/request-log.ts';
import { countSnapshots, ServerCounters } from './operations/server-counters.ts';
import { haltOf, removalOf } from './replica-ends.ts';
import type { Inspection, LeaseService, ServerContext } from './server-context.ts';
import { type Adjustable, Settings } from './settings.ts';
import { stopping } from './stopping.ts';
import { keepHistory } from './upkeep/history-keeper.ts';
import { rehearseLater } from './upkeep/rehearsal.ts';

export interface ServeOptions {
  readonly id: NodeId;
  /** `null`: derived from the founding members, or as the data directory has it. */
  readonly clusterId: string | null;
  /** The founding members' peer addresses, this node's among them; `null`: a cluster of one. */
  readonly peers: ReadonlyMap<NodeId, string> | null;
  /** It founds nothing, and waits to be added; `peers` tells at most its own address. */
  readonly isJoining: boolean;
  /**
   * Finds these three out, once the port is open and before the disk is touched: who founds a cluster by number is asked there,
   * and asks (FO12). `clientUrl`: where others find that port; `null`: it cannot say.
   */
  readonly belonging?: (
    port: Pick<HttpServer, 'open'>,
    clientUrl: string | null,
  ) => Promise<Belonging>;
  readonly dataDir: string;
  /** That of the data directory, if its opening was begun already; it is closed in any case. */
  readonly store?: LogStore;
  readonly listen: HttpAddress;
  /** For clients; not given: they are served in the open. */
  readonly tls?: TlsSource;
  /** Names by which clients may call this server, besides those of the configured addresses (SP4). */
  readonly allowHosts: readonly string[];
  readonly peerListen: string;
  /** Where other members and clients find that of the clients; not given: as `listen` and `peers` have it. */
  readonly clientUrl?: string | null;
  /** Between members; not given: they speak in the open. */
  readonly peerTls?: TlsSource;
  /** What members prove to each other; not given: nothing. */
  readonly clusterSecret?: string;
  readonly timing: RaftTiming;
  /** Reads may be served by a lease (§6.4.1): on all members or on none. */
  readonly leaseReads?: boolean;
  readonly limits: Limits;
  readonly serverLimits: ServerLimits;
  /** Everybody is let in, whatever the cluster says: for a token that was lost (AC8). */
  readonly withoutAccess?: boolean;
  /** How much history is kept without being asked. */
  readonly retention: Retention;
  readonly snapshots: SnapshotThresholds;
  readonly version: string;
  /** `null`: what happens inside is not shown. */
  readonly inspection: Inspection | null;
  readonly log: Log;
  /** Lines that it has left out, by event; not given: it leaves out none. */
  readonly logLinesLeftOut?: ReadonlyMap<string, number>;
  /** Each HTTP request is a line of it. */
  readonly logsRequests: boolean;
}

export interface Belonging extends Pick<ServeOptions, 'clusterId' | 'isJoining'> {
  readonly peers: ReadonlyMap<NodeId, string>;
  /** What this node said last while it founded; `null`: nothing. */
  readonly founded: FoundingWord | null;
  /** Where its members were at the founding: it has run since. */
  readonly founders: Readonly<Record<string, string>>;
}

type FoundOptions = ServeOptions & Partial<Pick<Belonging, 'founded' | 'founders'>>;

export interface RunningServer {
  /** Where clients are served, the port never 0. */
  readonly url: string;
  readonly replica: Replica;
  /** Resolves if the node halts for good; the server then answers 503 until it is closed. */
  readonly halted: Promise<RaftError>;
  /** Whether those who ask have to be known, once this member can tell; `null`: it could not in time. */
  hasAccess(timeoutMs: number): Promise<boolean | null>;
  /** Resolves if the node is no member any more, for good: nobody takes anything of it. */
  readonly removed: Promise<void>;
  /** From the next request on these hold. */
  adjust(adjustable: Adjustable): void;
  /** Stops accepting, drains what is under way, closes everything. Harmless twice. */
  close(): Promise<void>;
}

/** Rejects with a `RaftError` that says what to do; then nothing is left running. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  try {
    return await listenAndServe(options);
  } catch (error) {
    await options.store?.close();
    throw error;
  }
}

async function listenAndServe(options: ServeOptions): Promise<RunningServer> {
  const shares = sharesOf(descriptorLimit());
  const counters = new ServerCounters();
  if (options.logLinesLeftOut !== undefined) counters.logLinesLeftOut = options.logLinesLeftOut;
  const connectionsMax = Math.min(options.serverLimits.connectionsMax, shares.clients);
  const held = createHeld();
  const settings = new Settings(options);
  const http = new HttpServer({
    hosts: settings.hosts,
    tls: options.tls ?? null,
    counters,
    held,
    connectionsMax,
  });
  const bound = await http.listen(options.listen);
  try {
    const { own } = clientUrlsOf(options, bound);
    const belonging = await options.belonging?.(http, own);
    const parts = { http, counters, held, shares, settings };
    return await serveOn(parts, bound, { ...options, ...belonging });
  } catch (error) {
    await http.close();
    throw error;
  }
}

interface ServerParts {
  readonly http: HttpServer;
  readonly counters: ServerCounters;
  readonly held: Held;
  readonly shares: DescriptorShares;
  readonly settings: Settings;
}

async function serveOn(
  { http, counters, held, shares, settings }: ServerParts,
  bound: HttpAddress,
  options: FoundOptions,
): Promise<RunningServer> {
  const { log } = options;
  const machine = storeOf(log);
  const clientUrls = clientUrlsOf(options, bound);
  // The disk lets wait more than it computes: time to load what is needed behind it.
  const [replica, { createHttpApi }, { requestListener }] = await Promise.all([
    startMember({ ...options, clientUrls }, machine, shares),
    import('./http/http-api.ts'),
    import('./http/request-listener.ts'),
  ]);
  const timed = { replica, kv: machine, clock: connectionClock };
  const keeper = new LeaseKeeper(timed);
  const leases = leasesOf(keeper, new SharedRenewals(timed));
  const disk = watchDiskSpace(options.dataDir, { clock: connectionClock });
  const parts = { replica, kv: machine, leases, counters, held, limits: settings.limits };
  const context = contextOf(options, { ...parts, clientUrls }, { disk: disk.latest, settings });
  const stopWatching = [
    logNode(replica, log, context.clock),
    countSnapshots(replica, counters),
    disk.stop,
    watchLoopDelay(context.clock, counters.loopDelay),
    keepHistory({ replica, kv: machine, clock: context.clock, retention: settings.retention }),
    () => keeper.stop(),
  ];
  const endRehearsal = rehearseLater(context);
  const streams = new OpenStreams();
  const clients = new ClientPort(context);
  http.open(doorFor(context, clientUrls, options));
  http.serve({ listener: requestListener(createHttpApi(context, streams)), clients });
  const url = `${options.tls === undefined ? 'http' : 'https'}://${formatAddress(bound)}`;
  log('info', 'serving', { url, peerListen: options.peerListen, dataDir: options.dataDir });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    endRehearsal();
    streams.endAll(stopping());
    await seeOff(replica, http);
    // The node first: it answers what is under way, and the answers still need their connections.
    await replica.close();
    for (const stop of stopWatching) stop();
    await clients.close('this node is stopping');
    await http.close();
  };
  return {
    url,
    replica,
    halted: haltOf(replica, log),
    removed: removalOf(replica),
    adjust: (adjustable) => settings.adjust(adjustable),
    hasAccess: (timeoutMs) => hasAccess(context, timeoutMs),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * SV30: leadership goes first. Clients follow it as they hear of it, and are answered here until they have; those of
 * HTTP are told to go with their next answer. Whoever stays gets what is under way, from the node that drains.
 */
async function seeOff(replica: Replica, http: HttpServer): Promise<void> {
  if (!(await isHandedOver(replica))) return;
  await Promise.race([http.retire(), pause(CLIENTS_FOLLOW_MS, undefined, { ref: false })]);
}

/** False: it did not lead, or nobody else took over. */
function isHandedOver(replica: Replica): Promise<boolean> {
  if (replica.status().role !== 'leader') return Promise.resolve(false);
  return new Promise((resolve) => {
    replica.transferLeadership(null, { timeoutMs: HAND_OVER_TIMEOUT_MS }, ({ type }) =>
      resolve(type === 'moved'),
    );
  });
}

function storeOf(log: Log): KvStateMachine {
  return new KvStateMachine({
    onListenerError: (error) => logFault(log, error),
    clock: connectionClock,
    hashSecret: randomSecret(),
  });
}

/** `null`: what the cluster has decided could not be had in time. */
function hasAccess({ guard, replica }: ServerContext, timeoutMs: number): Promise<boolean | null> {
  return new Promise((resolve) => {
    replica.awaitReadable({ timeoutMs }, (error) => resolve(error === null ? guard.isOn : null));
  });
}

/** KV27 */
function randomSecret(): HashSecret {
  const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
  return { low, high };
}

function sharesOf(limit: number): DescriptorShares {
  const shares = descriptorShares(limit);
  if (shares !== null) return shares;
  throw new RaftError(
    'RAFT_BAD_REQUEST',
    `This process may open ${limit} files, and a node needs ${DESCRIPTORS_MIN}, so that connections never take the disk's. Raise the limit (ulimit -n) and start it again.`,
  );
}

/** For those who still found a cluster. With access strangers are told nobody's address; who proves the secret is none. */
function doorFor(
  { guard, replica }: ServerContext,
  clientUrls: KnownClientUrls,
  options: FoundOptions,
): ReturnType<typeof doorInCluster> {
  const { clusterSecret: secret = null, founded = null } = options;
  const { clusterId } = replica.status();
  const members = (): readonly string[] =>
    secret === null && guard.isOn ? [] : clientUrls.all(replica.status());
  return doorInCluster({ clusterId, founded, members, secret });
}

async function startMember(
  options: FoundOptions & { readonly clientUrls: KnownClientUrls },
  machine: KvStateMachine,
  descriptors: DescriptorShares,
): Promise<Replica> {
  const { leaseReads = false } = options;
  const { id, clusterId, dataDir, isJoining, peerListen, peers, timing, limits, log } = options;
  const { belonging, clientUrls, clusterSecret, founders = {}, peerTls, snapshots } = options;
  const store = belonging === undefined ? options.store : await foundedStore(options, descriptors);
  const isTold = peers !== null && !isJoining && belonging === undefined;
  if (isTold && (await storedClusterId(dataDir)) !== null) {
    log('info', 'peersIgnored', {
      message:
        'The data directory belongs to a cluster: its members count, and --peers tells only addresses and has to fit them.',
    });
  }
  return assembleNode({
    id,
    machine,
    timing,
    leaseReads,
    limits,
    snapshots,
    dataDir,
    ...(store !== undefined && { store }),
    ...(peerTls !== undefined && { tls: peerTls }),
    ...(clusterSecret !== undefined && { clusterSecret }),
    clientUrls,
    descriptors,
    isJoining,
    founders,
    listen: peerListen,
    members: Object.fromEntries(peers ?? [[id, peerListen]]),
    ...(clusterId !== null && { clusterId }),
  });
}

/** FO11: what this node has promised lies there already. */
function foundedStore(
  { dataDir, id }: ServeOptions,
  { disk }: DescriptorShares,
): Promise<LogStore> {
  const place = { directory: dataDir, openFilesMax: disk, isFounded: true };
  return openingLogStore(place, { nodeId: id });
}

function contextOf(
  options: ServeOptions,
  parts: Pick<
    ServerContext,
    'replica' | 'kv' | 'leases' | 'clientUrls' | 'counters' | 'held' | 'limits'
  >,
  { disk, settings }: { readonly disk: () => DiskSpace | null; readonly settings: Settings },
): ServerContext {
  const onRequest = (facts: RequestFacts): void => logRequest(options.log, facts);
  return {
    ...parts,
    guard: guardOf(parts, options.withoutAccess === true),
    version: options.version,
    process: () => ({ ...processGauges(), disk: disk() }),
    onFault: (error) => logFault(options.log, error),
    requestLog: () => (settings.logsRequests ? onRequest : null),
    onAct: (act) => options.log('info', 'audit', { ...act }),
    clock: connectionClock,
    keepAliveMs: SSE_KEEP_ALIVE_MS,
    inspection: options.inspection,
    life: Date.now().toString(36),
  };
}

function guardOf(parts: Pick<ServerContext, 'kv' | 'replica'>, isIgnored: boolean): AccessGuard {
  const timed = { ...parts, clock: connectionClock };
  const freshness = isIgnored ? ALWAYS_FRESH : new RightsFreshness(timed);
  return new AccessGuard(parts.kv, { freshness, isIgnored });
}

function leasesOf(keeper: LeaseKeeper, renewals: SharedRenewals): LeaseService {
  return {
    renew: (leases, timeoutMs, completed) => renewals.renew(leases, timeoutMs, completed),
    remainingMs: (lease) => keeper.remainingMs(lease),
  };
}

/** An error that no caller caused: the one place where a stack is of use. */
function logFault(log: Log, error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  log('error', 'fault', { message, stack });
}
