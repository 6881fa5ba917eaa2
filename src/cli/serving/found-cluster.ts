/**
 * `serve --bootstrap-expect N` (FO12): the node finds out with whom it founds its cluster, or that there is one already,
 * while its client port is open and its log is not. A node that has run before does not wait for anybody; one that has founded goes on
 * telling the others (FO10).
 */
import { createHash } from 'node:crypto';
import { InvariantViolation } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import type { FoundingWord, Proposal } from '../../core/founding.ts';
import type { NodeId } from '../../core/types.ts';
import { Founding } from '../../node/founding/founding.ts';
import { systemClock } from '../../node/system-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import { FounderPlaces } from '../../server/founder-places.ts';
import { foundingDoor } from '../../server/founding-door.ts';
import type { HttpServer } from '../../server/http/http-server.ts';
import type { Belonging } from '../../server/serve.ts';
import { nodeAccess } from '../../storage/disk-log-store.ts';
import {
  type HeldFounding,
  hasRun,
  type OpenedFounding,
  openFounding,
  readFounding,
} from '../../storage/founding-file.ts';
import { connectionClock } from '../../wire/ws-clock.ts';
import type { Bootstrap } from './bootstrap.ts';
import { FounderQuestions } from './founder-questions.ts';
import { newsOf } from './founding-words.ts';
import { type Asker, clusterToJoin } from './join-cluster.ts';

interface Surroundings {
  readonly port: Pick<HttpServer, 'open'>;
  /** Where others find that port; `null`: it cannot say. */
  readonly clientUrl: string | null;
  readonly asker: Asker;
}

export async function foundCluster(
  bootstrap: Bootstrap,
  surroundings: Surroundings,
): Promise<Belonging> {
  const { asker, port } = surroundings;
  const { dataDir, id } = bootstrap.joining;
  const access = nodeAccess({ directory: dataDir, isFounded: true });
  if (await hasRun(access)) {
    const known = await readFounding(access, id);
    if (known !== null) tellAgain(bootstrap, known, surroundings);
    return restarted(bootstrap, known);
  }
  const held = await openFounding(access, id);
  try {
    const founding = gathering(bootstrap, held, surroundings);
    const foundation = await untilFounded(founding, asker);
    if (foundation !== null) return founded(bootstrap, held, foundation);
    port.open(null);
    return await late(bootstrap, founding, asker);
  } finally {
    await held.close();
  }
}

async function late(bootstrap: Bootstrap, founding: Founding, asker: Asker): Promise<Belonging> {
  asker.log('info', 'founding', { state: 'late', message: LATE });
  const clusterId = await clusterToJoin(bootstrap.joining, asker);
  if (clusterId === null) throw stopped();
  const peers = new Map([...foundersOf(founding, bootstrap), ...alone(bootstrap).peers]);
  return { ...alone(bootstrap), peers, clusterId, founded: founding.word };
}

/** Of a cluster that knows this name from a directory that is lost: its members say so when they are called (ID3). */
function foundersOf(founding: Founding, { joining: { id } }: Bootstrap): Map<NodeId, string> {
  const foundations = founding.progress.words.map(({ state }) => state.foundation?.members ?? []);
  const own = foundations.find((members) => members.some((member) => member.id === id)) ?? [];
  return new Map(own.map((member) => [member.id, member.address]));
}

const LATE = 'The cluster is founded without this node: it asks to be added.';

function gathering(
  bootstrap: Bootstrap,
  held: OpenedFounding,
  { asker, clientUrl: own, port }: Surroundings,
): Founding {
  const places = new FounderPlaces(own);
  const founding = begun(bootstrap, held, { asker, places, tell: newsOf(asker.log) });
  port.open(
    foundingDoor({
      secret: bootstrap.secret,
      answer: (said, clientUrl) => {
        founding.hear(said);
        places.met(clientUrl);
        return { ...founding.word, others: places.toldTo(clientUrl) };
      },
    }),
  );
  return founding;
}

/** FO10: the others may have been down when they were told of the foundation, and know nobody whom they could ask. */
function tellAgain(
  bootstrap: Bootstrap,
  held: HeldFounding,
  { asker, clientUrl }: Surroundings,
): void {
  if (held.state.foundation === null) return;
  const places = new FounderPlaces(clientUrl);
  begun(bootstrap, { ...held, write: async () => {} }, { asker, places, tell: () => {} });
}

interface Means {
  readonly asker: Asker;
  readonly places: FounderPlaces;
  readonly tell: ReturnType<typeof newsOf>;
}

/** Until this process is told to end, which it keeps from nothing: the port is open. */
function begun(
  bootstrap: Bootstrap,
  held: Omit<OpenedFounding, 'close'>,
  { asker, places, tell }: Means,
): Founding {
  const questions = new FounderQuestions(bootstrap, places, asker);
  const founding: Founding = new Founding({
    own: wordOf(bootstrap, held, held.state),
    clock: backgroundClock,
    store: held.write,
    ask: (word) => {
      queueMicrotask(() => tell(founding.progress, word));
      questions.ask(word, founding);
    },
  });
  asker.context.interrupted.addEventListener('abort', () => founding.stop(), { once: true });
  return founding;
}

const backgroundClock: Clock = { ...systemClock, setTimeout: connectionClock.setIdleTimeout };

async function untilFounded(founding: Founding, { context }: Asker): Promise<Proposal | null> {
  const { interrupted } = context;
  const ended = new Promise<never>((_, reject) => {
    interrupted.addEventListener('abort', () => reject(stopped()), { once: true });
    if (interrupted.aborted) reject(stopped());
  });
  try {
    return await Promise.race([founding.ended, ended]);
  } catch (error) {
    throw error instanceof InvariantViolation ? contradicted(error) : error;
  }
}

/** Its log says who its members are, and where, but for those who are where they were at the founding. */
function restarted(bootstrap: Bootstrap, held: HeldFounding | null): Belonging {
  const foundation = held?.state.foundation ?? null;
  if (held === null) return { ...alone(bootstrap), clusterId: null };
  if (foundation === null) {
    return { ...alone(bootstrap), clusterId: null, founded: wordOf(bootstrap, held, held.state) };
  }
  const known = founded(bootstrap, held, foundation);
  const founders = Object.fromEntries(known.peers);
  return { ...alone(bootstrap), clusterId: null, founded: known.founded, founders };
}

/** FO13 */
function founded(bootstrap: Bootstrap, held: HeldFounding, foundation: Proposal): Belonging {
  const { address, id } = bootstrap.joining;
  const peers = new Map<NodeId, string>(
    foundation.members.map((member) => [member.id, member.id === id ? address : member.address]),
  );
  const clusterId = foundedClusterId(bootstrap.cluster, foundation);
  const state = { ...held.state, promised: foundation, foundation };
  const word = wordOf(bootstrap, held, state);
  return { clusterId, peers, isJoining: false, founded: word, founders: {} };
}

/** FO13: two foundations never have the same, be it of the same members at the same addresses. */
function foundedClusterId(cluster: string, { founder, members, round }: Proposal): string {
  const words = members.map(({ id, incarnation }) => [id, incarnation]);
  const text = JSON.stringify([cluster, founder.id, founder.incarnation, round, words]);
  return createHash('sha256').update(text).digest('hex').slice(0, HEX_DIGITS);
}

const HEX_DIGITS = 16;

/** It is in no foundation: whom it knows its log says, or the cluster that adds it. */
function alone({ joining: { address, id } }: Bootstrap): Omit<Belonging, 'clusterId'> {
  return { peers: new Map([[id, address]]), isJoining: true, founded: null, founders: {} };
}

function wordOf(
  { cluster, expected, joining: { address, id } }: Bootstrap,
  { incarnation }: HeldFounding,
  state: HeldFounding['state'],
): FoundingWord {
  return { cluster, expected, self: { id, incarnation, address }, state };
}

/** FO7: what was heard and what is on disk cannot both be so. It is no fault of ours, whoever says it. */
function contradicted(cause: InvariantViolation): RaftError {
  const text = `A node says that this one has founded a cluster with it, and this directory has never promised that (${cause.message}). Nothing was changed. Either the directory is older than what this node has said: let it join that cluster with another name and an empty directory. Or a stranger has said so: give all nodes a --cluster-secret-file, and start this one again.`;
  return new RaftError('RAFT_WRONG_IDENTITY', text, { cause });
}

function stopped(): RaftError {
  return new RaftError('RAFT_STOPPED', 'It was told to stop before its cluster was founded.');
}
