/**
 * The composition root of the server: listens, starts the node on its disk, puts the store and both client
 * interfaces on top, and takes it all down again in order (SV24–SV27). It never ends the process: what to
 * do when the node halts, the command line decides.
 */

import { connectionClock } from '../client/ws-clock.ts';
import { members } from '../core/configuration.ts';
import type { RaftError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { NodeId } from '../core/types.ts';
import { KvStateMachine } from '../kv/kv-state-machine.ts';
import { foundingClusterId, storedClusterId } from '../library/cluster-identity.ts';
import type { Replica } from '../ports/replica.ts';
import { ClientPort } from './client-port.ts';
import { createHttpApi } from './http-api.ts';
import { type HttpAddress, HttpServer } from './http-server.ts';
import type { Log } from './json-log.ts';
import { OpenStreams, type ServerContext } from './server-context.ts';
import { createServerCounters } from './server-counters.ts';
import { type ServerLimits, SSE_KEEP_ALIVE_MS } from './server-limits.ts';
import { startNode } from './start-node.ts';
import { stopping } from './stopping.ts';

export interface ServeOptions {
  readonly id: NodeId;
  /** `null`: derived from the founding members, or as the data directory has it. */
  readonly clusterId: string | null;
  /** The founding members' peer addresses, this node's among them; `null`: a cluster of one. */
  readonly peers: ReadonlyMap<NodeId, string> | null;
  readonly dataDir: string;
  readonly listen: HttpAddress;
  readonly peerListen: string;
  readonly timing: RaftTiming;
  readonly limits: Limits;
  readonly serverLimits: ServerLimits;
  readonly version: string;
  readonly log: Log;
}

export interface RunningServer {
  /** Where clients are served, the port never 0. */
  readonly url: string;
  readonly replica: Replica;
  /** Resolves if the node halts for good; the server then answers 503 until it is closed. */
  readonly halted: Promise<RaftError>;
  /** Stops accepting, drains what is under way, closes everything. Harmless twice. */
  close(): Promise<void>;
}

/** Rejects with a `RaftError` that says what to do; then nothing is left running. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const http = new HttpServer();
  const bound = await http.listen(options.listen);
  try {
    return await serveOn(http, bound, options);
  } catch (error) {
    await http.close();
    throw error;
  }
}

async function serveOn(
  http: HttpServer,
  bound: HttpAddress,
  options: ServeOptions,
): Promise<RunningServer> {
  const { log } = options;
  const machine = new KvStateMachine({ onListenerError: (error) => logFault(log, error) });
  const replica = await startMember(options, machine);
  const context = contextOf(options, replica, machine);
  const streams = new OpenStreams();
  const clients = new ClientPort(context);
  http.serve({ api: createHttpApi(context, streams), clients });
  const url = `http://${bound.host.includes(':') ? `[${bound.host}]` : bound.host}:${bound.port}`;
  log('info', 'serving', { url, peerListen: options.peerListen, dataDir: options.dataDir });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    streams.endAll(stopping());
    // The node first: it answers what is under way, and the answers still need their connections.
    await replica.close();
    await clients.close('this node is stopping');
    await http.close();
  };
  return {
    url,
    replica,
    halted: haltOf(replica, log),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function startMember(options: ServeOptions, machine: KvStateMachine): Promise<Replica> {
  const { id, dataDir, peerListen, peers, timing, limits, log } = options;
  const addresses = peers ?? new Map([[id, peerListen]]);
  const stored = await storedClusterId(dataDir);
  if (stored !== null && peers !== null) {
    log('info', 'peersIgnored', {
      message: 'The data directory holds a configuration: --peers only tells addresses.',
    });
  }
  const clusterId = options.clusterId ?? stored ?? foundingClusterId(addresses);
  const parts = { id, clusterId, members: addresses, dataDir, peerListen, machine, timing, limits };
  const replica = await startNode(parts);
  const { role, term, leader } = replica.status();
  log('info', 'role', { role, term, leader, cause: 'started' });
  replica.onRole((event) => log('info', 'role', { ...event }));
  tellMissingAddresses(replica, addresses, log);
  return replica;
}

function tellMissingAddresses(
  replica: Replica,
  addresses: ReadonlyMap<NodeId, string>,
  log: Log,
): void {
  const { voters, learners } = replica.status().members;
  const configuration = { voters, learners, votersOutgoing: [], learnersNext: [] };
  const unknown = members(configuration).filter(
    (member) => member !== replica.id && !addresses.has(member),
  );
  if (unknown.length === 0) return;
  log('warn', 'addressesMissing', {
    members: unknown,
    message: `--peers gives no address for ${unknown.join(', ')}: this node cannot reach them.`,
  });
}

function contextOf(options: ServeOptions, replica: Replica, kv: KvStateMachine): ServerContext {
  return {
    replica,
    kv,
    limits: options.serverLimits,
    counters: createServerCounters(),
    version: options.version,
    process: () => ({
      residentBytes: process.memoryUsage.rss(),
      uptimeSeconds: process.uptime(),
    }),
    onFault: (error) => logFault(options.log, error),
    clock: connectionClock,
    keepAliveMs: SSE_KEEP_ALIVE_MS,
  };
}

function haltOf(replica: Replica, log: Log): Promise<RaftError> {
  return new Promise((resolve) => {
    replica.onHalt((error) => {
      log('error', 'halted', { code: error.code, message: error.message });
      resolve(error);
    });
  });
}

/** An error that no caller caused: the one place where a stack is of use. */
function logFault(log: Log, error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  log('error', 'fault', { message, stack });
}
