/**
 * How a node becomes a member of a cluster that exists (CL32, §4.2.1): it learns which cluster that is, starts without any
 * members, and asks to be added, at first as a learner. Whoever is a member already asks nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { RaftError } from '../../core/errors.ts';
import { takenNameText } from '../../core/membership-change.ts';
import type { NodeId } from '../../core/types.ts';
import { STORE_VERSION } from '../../kv/commands/command-codec.ts';
import { storedClusterId } from '../../library/cluster-identity.ts';
import type { Log } from '../../server/operations/json-log.ts';
import type { RunningServer } from '../../server/serve.ts';
import { askOverHttp } from '../asking/ask-over-http.ts';
import { type Asking, askServers } from '../asking/ask-servers.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { type CallerValues, tokenIn } from '../asking/client-token.ts';
import { type Fields, fieldsIn } from '../asking/json-fields.ts';
import { aborted, type CliContext } from '../command.ts';
import { JOIN_ASKED_MS, JOIN_LOOKED_MS, JOIN_PAUSE_MS } from '../limits.ts';
import type { FindMembers } from './finding/member-finding.ts';

export interface Joining {
  readonly id: NodeId;
  /** Where the other members find it. */
  readonly address: string;
  readonly dataDir: string;
  readonly findMembers: FindMembers;
  /** Whom it trusts, where the members at these URLs speak TLS, and by what they know it. */
  readonly caller: CallerValues;
}

export interface Asker {
  readonly context: CliContext;
  readonly log: Log;
}

interface Joiner extends Asker {
  readonly server: Pick<RunningServer, 'replica'>;
}

/** `null`: the data directory knows, or it was told to end before anybody answered. */
export async function clusterToJoin(joining: Joining, asker: Asker): Promise<string | null> {
  if ((await storedClusterId(joining.dataDir)) !== null) return null;
  const question = { path: '/status', method: 'GET' } as const;
  return insist(asker, async () =>
    askServers(
      question,
      await asking(joining, asker.context),
      asker.context,
      ({ clusterId, versions }) => {
        requireKnown(versions);
        return typeof clusterId === 'string' ? clusterId : null;
      },
    ),
  );
}

/** UP5: what the cluster has used this build has to know; its members would refuse it, and it would stop at its log. */
function requireKnown(versions: unknown): void {
  const inUse: unknown = versions instanceof Object ? Reflect.get(versions, 'machineInUse') : null;
  if (typeof inUse !== 'number' || inUse <= STORE_VERSION) return;
  throw new RaftError(
    'RAFT_UPGRADE_NEEDED',
    `The log of this cluster needs version ${inUse} of the store, and this build knows version ${STORE_VERSION}: nothing was done. Start a newer build.`,
    { retry: 'never' },
  );
}

/** Resolves only with a refusal that will stay one: whatever passes is tried again, as long as the node runs. */
export async function join(joining: Joining, { server, ...asker }: Joiner): Promise<RaftError> {
  if (isMember(server, joining.id)) return NEVER;
  const member = becomesMember(joining.id, { server, ...asker });
  try {
    const known = await insist(asker, () => standingOf(joining, asker.context));
    if (known === 'another') return nameTaken(joining);
    if (known === 'own') {
      await member;
      asker.log('info', 'joined', {});
    }
    if (known !== 'none') return NEVER;
    const members = await insist(asker, () => asked(joining, asker.context));
    if (members !== null) asker.log('info', 'joined', { members });
    return NEVER;
  } catch (error) {
    if (error instanceof RaftError) return error;
    throw error;
  }
}

const NEVER = new Promise<never>(() => {});

/**
 * Resolves once this node itself knows that it is one: that the others list it proves nothing, as where its disk was lost (ID3).
 * Until then it tells why they refuse it, each reason once.
 */
function becomesMember(id: NodeId, { server, log }: Joiner): Promise<void> {
  const { replica } = server;
  let said = '';
  const stopTelling = replica.onPeer(({ problem, reason, isOver }) => {
    if (problem !== 'refuses' || isOver || reason === said) return;
    said = reason;
    log('warn', 'joining', { code: 'RAFT_WRONG_IDENTITY', message: reason });
  });
  return new Promise((resolve) => {
    const stopListening = replica.onMembers(() => {
      if (!isMember(server, id)) return;
      stopListening();
      stopTelling();
      resolve();
    });
  });
}

/** Asks until there is an answer, and tells each reason why there is none yet. `null`: it was told to end. */
async function insist<Answer>(
  { context, log }: Asker,
  ask: () => Promise<Answer>,
): Promise<Answer | null> {
  let said = '';
  while (!context.interrupted.aborted) {
    try {
      return await ask();
    } catch (error) {
      const { code, message, retry } = error instanceof RaftError ? error : unknown(error);
      if (retry === 'never') throw new RaftError(code, message, { retry });
      if (message !== said) log('warn', 'joining', { code, message });
      said = message;
      await Promise.race([pause(JOIN_PAUSE_MS), aborted(context.interrupted)]);
    }
  }
  return null;
}

/**
 * What the cluster knows under this name, before anything is asked of it: a member that was added here, as what its operator
 * wants, or one that is found elsewhere, whose address must not be taken from it. One look decides nothing: of two that come
 * at once the leader refuses the second (MC15).
 */
async function standingOf(
  joining: Joining,
  context: CliContext,
): Promise<'none' | 'own' | 'another'> {
  const { address, id } = joining;
  const question = { path: '/members', method: 'GET' } as const;
  const entry = await askServers(
    question,
    await asking(joining, context),
    context,
    ({ progress }) =>
      Array.isArray(progress)
        ? { found: progress.find((each: Fields | null) => each?.id === id) as Fields | undefined }
        : null,
  );
  if (entry.found === undefined) return 'none';
  return entry.found.address === address ? 'own' : 'another';
}

async function asked(joining: Joining, context: CliContext): Promise<unknown> {
  const { address, id } = joining;
  const body = { id, peerAddress: address, promote: true };
  const question = { path: '/members', method: 'POST', body } as const;
  return askServers(
    question,
    await asking(joining, context),
    context,
    ({ members }) => members ?? null,
  );
}

function nameTaken({ address, id }: Joining): RaftError {
  return new RaftError('RAFT_CONFLICT', takenNameText(id, address));
}

/** It may be a learner by the request of whoever added it, and stays one then. */
function isMember({ replica }: Joiner['server'], id: NodeId): boolean {
  const { voters, learners } = replica.status().members;
  return voters.includes(id) || learners.includes(id);
}

async function asking(joining: Joining, context: CliContext): Promise<Asking> {
  const { caller, findMembers } = joining;
  const urls = await findMembers();
  const areOwn = await Promise.all(urls.map((url) => isOwn(url, joining, context)));
  const endpoints = urls.filter((_, at) => areOwn[at] === false);
  if (endpoints.length === 0) throw new RaftError('RAFT_UNREACHABLE', ONLY_OWN);
  return { ...caller, endpoints, 'timeout-ms': JOIN_ASKED_MS };
}

const ONLY_OWN = 'No other member is known so far: what is known leads to this node itself.';

/** One line for all nodes names each of them: this one would wait for a leader of which nobody has told it yet. */
async function isOwn(
  url: string,
  { caller, id }: Joining,
  { interrupted }: CliContext,
): Promise<boolean> {
  const asking = { timeoutMs: JOIN_LOOKED_MS, interrupted, secureContext: tlsContext(caller) };
  try {
    const { body } = await askOverHttp(`${url}/status`, { ...asking, token: tokenIn(caller) });
    return fieldsIn(body)?.id === id;
  } catch {
    return false;
  }
}

function unknown(cause: unknown): RaftError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new RaftError('RAFT_UNREACHABLE', text, { cause });
}
