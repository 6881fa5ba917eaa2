/**
 * `POST /founding`: what nodes that found a cluster by number say to each other, at the port of the clients (FO12). It is open
 * before there is a node. Who is not among them learns at most which cluster runs here, and who founded it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { RaftError } from '../core/errors.ts';
import { type FoundingWord, foundingWordIn } from '../core/founding.ts';
import { badRequest, errorBody, httpStatusOf } from './errors.ts';
import { FounderPlaces } from './founder-places.ts';
import { FOUNDING_BODIES_MAX, FOUNDING_BODY_BYTES_MAX, FOUNDING_BODY_MS } from './limits.ts';

export const FOUNDING_PATH = '/founding';

/** Of who has the secret of the cluster, over all that is said, in both directions. */
const FOUNDING_PROOF = 'raftchart-proof';

/** Of a node that is in no foundation: which cluster it is in; what it said before it was stands beside. */
interface FoundingNews {
  readonly clusterId: string;
}

type FoundingAnswer = (FoundingWord | FoundingNews) & {
  /** Where others are with whom it has spoken lately (FO15). */
  readonly others?: readonly string[];
};

interface DoorOptions {
  /** `null`: nobody has to prove anything. */
  readonly secret: string | null;
  /** What to answer who says this, and serves clients there if it says so; what it throws is told. */
  readonly answer: (said: FoundingWord, clientUrl: unknown) => FoundingAnswer;
}

interface FoundingDoor {
  readonly path: string;
  readonly listener: RequestListener;
}

export function foundingDoor({ answer, secret }: DoorOptions): FoundingDoor {
  const arriving = new Set<IncomingMessage>();
  const close = (request: IncomingMessage): void => {
    arriving.delete(request);
    request.destroy();
  };
  const read = async (request: IncomingMessage): Promise<string> => {
    // Who began first: a node says all of it at once, and is not to be kept out by those who never finish (SP9).
    const [first] = arriving;
    if (first !== undefined && arriving.size >= FOUNDING_BODIES_MAX) close(first);
    arriving.add(request);
    const late = setTimeout(() => close(request), FOUNDING_BODY_MS);
    try {
      return await textOf(request);
    } finally {
      clearTimeout(late);
      arriving.delete(request);
    }
  };
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await read(request);
    if (!isProven(text, request.headers, secret)) throw unproven();
    const { clientUrl, word } = saidIn(text);
    if (word === null) throw badRequest(NO_WORD);
    const body = JSON.stringify(answer(word, clientUrl));
    response.writeHead(200, { 'content-type': 'application/json', ...proofOf(body, secret) });
    response.end(body);
  };
  const listener: RequestListener = (request, response) => {
    reply(request, response).catch((error: unknown) => refuse(response, error));
  };
  return { path: FOUNDING_PATH, listener };
}

interface InCluster {
  readonly clusterId: string;
  /** What this node said last while it founded; `null`: nothing. */
  readonly founded: FoundingWord | null;
  readonly secret: string | null;
  /** Where the members are, as far as whoever asks may know. */
  readonly members: () => readonly string[];
}

/** FO12: who is in another cluster than it would have founded releases those who have promised themselves to it. */
export function doorInCluster({ clusterId, founded, members, secret }: InCluster): FoundingDoor {
  const places = new FounderPlaces(null);
  const hasFounded = founded !== null && founded.state.foundation !== null;
  const said = hasFounded ? founded : { ...founded, clusterId };
  return foundingDoor({
    secret,
    answer: (_, clientUrl) => {
      places.met(clientUrl);
      return { ...said, others: [...members(), ...places.toldTo(clientUrl)] };
    },
  });
}

/** The header that goes with what is said. */
export function proofOf(said: string, secret: string | null): Readonly<Record<string, string>> {
  return secret === null ? {} : { [FOUNDING_PROOF]: sumOf(said, secret).toString('hex') };
}

/** A word that was said before proves as much: none of them can do harm by coming late (FO5). */
export function isProven(
  said: string,
  headers: IncomingMessage['headers'],
  secret: string | null,
): boolean {
  if (secret === null) return true;
  const proof = Buffer.from(String(headers[FOUNDING_PROOF] ?? ''), 'hex');
  const due = sumOf(said, secret);
  return proof.length === due.length && timingSafeEqual(proof, due);
}

function sumOf(said: string, secret: string): Buffer {
  return createHmac('sha256', secret).update('raftchart-founding\n').update(said).digest();
}

async function textOf(request: IncomingMessage): Promise<string> {
  if (request.method !== 'POST') throw badRequest('Nodes that found a cluster ask by POST.');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > FOUNDING_BODY_BYTES_MAX) throw badRequest(NO_WORD);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

interface Said {
  /** `null`: it is none. */
  readonly word: FoundingWord | null;
  readonly clientUrl: unknown;
}

function saidIn(text: string): Said {
  try {
    const said: unknown = JSON.parse(text);
    const { clientUrl }: { readonly clientUrl?: unknown } = said instanceof Object ? said : {};
    return { word: foundingWordIn(said), clientUrl };
  } catch {
    return { word: null, clientUrl: null };
  }
}

const NO_WORD = 'This is nothing that a node says that founds a cluster (--bootstrap-expect).';

function unproven(): RaftError {
  return new RaftError(
    'RAFT_FORBIDDEN',
    'Whoever founds a cluster with this node has to have its --cluster-secret-file.',
  );
}

function refuse(response: ServerResponse, error: unknown): void {
  const told = error instanceof RaftError ? error : badRequest('The request was cut.');
  response.shouldKeepAlive = false;
  response.writeHead(httpStatusOf(told.code), { 'content-type': 'application/json' });
  response.end(JSON.stringify(errorBody(told)));
}
