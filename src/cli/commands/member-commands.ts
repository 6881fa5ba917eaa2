/** `members` shows who takes part; `member` lets members come, go and take another's place (CL30, CL31, §4). */
import { isNodeId } from '../../core/types.ts';
import { clientUrlFrom } from '../../wire/client-url.ts';
import { askServers, NobodyAnswered } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import type { Fields } from '../asking/json-fields.ts';
import { serversOf } from '../asking/named-servers.ts';
import { type CliContext, command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { place, Refusal } from '../options/option-kinds.ts';
import type { OptionValues } from '../options/option-table.ts';
import { type Cell, textTable } from '../words/text-table.ts';

type Values = OptionValues<(typeof CLIENT_OPTIONS)[number]>;

/** As `POST /members` takes it. */
interface Change {
  readonly add: Readonly<Record<string, string>>;
  readonly promote: readonly string[];
  readonly remove: readonly string[];
}

export const membersCommand = command({
  name: 'members',
  usage: '',
  summary: 'List the members: who votes, where the others find them, and how far each has come.',
  options: CLIENT_OPTIONS,
  run: async ({ values }, context) => {
    const listing = await bestListing(values, context);
    if (values.output === 'json') writeJson(context, listing);
    else {
      const rows = listing.progress.map((each) => rowOf(each, listing));
      context.write(await textTable(HEAD, rows));
      context.writeError(hintFor(listing));
    }
    return EXIT.clean;
  },
});

/** A follower's view is told as such: its own is the only row without a link. */
function hintFor({ leader, leaderUrl, progress }: Listing): string {
  if (progress.some(knowsMore)) return '';
  const self = progress.find(({ link }) => link === null)?.id ?? 'the member that was asked';
  const who =
    typeof leader === 'string' ? `${leader}, which leads` : 'whoever leads, once one does';
  const asked = typeof leaderUrl === 'string' ? ` It did not tell them at ${leaderUrl}.` : '';
  return `This is what ${self} knows, with its own links. MATCH and LAG are known to ${who}: name its server among --endpoints to see them.${asked}\n`;
}

function knowsMore({ lag }: Fields): boolean {
  return lag !== null;
}

const HEAD = ['ID', 'ROLE', 'ADDRESS', 'LINK', 'MATCH', 'LAG'];

interface Listing extends Fields {
  readonly leader: unknown;
  /** Where that is, if the server that answers was told. */
  readonly leaderUrl?: unknown;
  readonly progress: readonly Fields[];
}

/** How far each has come, only the leader knows: of the servers that answer, it is the one to be heard, all within the time of one. */
async function bestListing(values: Values, context: CliContext): Promise<Listing> {
  const { 'timeout-ms': timeoutMs } = values;
  const endsAt = performance.now() + timeoutMs;
  const endpoints = await serversOf(values);
  // Who does not answer leaves time to ask whoever leads.
  const first = { ...values, 'timeout-ms': Math.ceil(timeoutMs / Math.min(endpoints.length, 2)) };
  const asked = await Promise.allSettled(endpoints.map((each) => listing([each], first, context)));
  const listings = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const [heard] = listings;
  if (heard === undefined) throw failureOf(asked.map((each) => Reflect.get(each, 'reason')));
  const best = listings.find(({ progress }) => progress.some(knowsMore));
  if (best !== undefined) return best;
  const leaderUrl = endpoints.map((by) => clientUrlFrom(heard.leaderUrl, by)).find(isKnown);
  if (leaderUrl === undefined) return heard;
  const rest = { ...values, 'timeout-ms': Math.max(1, Math.ceil(endsAt - performance.now())) };
  return (await listingOfLeader(leaderUrl, rest, context)) ?? heard;
}

/** What one of them says counts for more than that others say nothing. */
function failureOf(failures: readonly unknown[]): unknown {
  const silent = failures.filter((each) => each instanceof NobodyAnswered);
  const said = failures.find((each) => !(each instanceof NobodyAnswered));
  return said ?? new NobodyAnswered(silent.flatMap((each) => each.silent));
}

function isKnown(url: string | null): url is string {
  return url !== null;
}

/** `null`: it does not lead any more, or it does not answer. */
async function listingOfLeader(
  leaderUrl: string,
  values: Values,
  context: CliContext,
): Promise<Listing | null> {
  const found = await listing([leaderUrl], values, context).catch(() => null);
  return found?.progress.some(knowsMore) === true ? found : null;
}

function listing(
  endpoints: readonly string[],
  values: Values,
  context: CliContext,
): Promise<Listing> {
  const question = { path: '/members', method: 'GET' } as const;
  const asking = { ...values, endpoints, 'discover-srv': null };
  return askServers(question, asking, context, (answer) => {
    const { leader, progress } = answer;
    return Array.isArray(progress) ? { ...answer, leader, progress } : null;
  });
}

function rowOf({ id, role, address: at, link, matchIndex, lag }: Fields, { leader }: Listing) {
  const standing = id === leader ? `${role}, leads` : role;
  return [id, standing, at, link, matchIndex, lag].map(cellOf);
}

function cellOf(value: unknown): Cell {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

export const memberCommand = command({
  name: 'member',
  usage: 'add ID HOST:PORT … | promote ID … | remove ID … | replace OLD ID HOST:PORT …',
  words: ['add', 'promote', 'remove', 'replace'],
  summary:
    "Change the members, any number in one step: add learners at the addresses of their peer ports, promote those that have caught up, remove members, or let new ones take others' places. Who is promoted, or takes a place, has to run: whoever has not caught up within ten seconds stays a learner. The name of a removed member is not used again. Ask again if in doubt: nothing is done twice.",
  options: CLIENT_OPTIONS,
  positionals: [2, Number.POSITIVE_INFINITY],
  run: async ({ values, positionals }, context) => {
    const change = changeIn(positionals);
    const question = { path: '/members', method: 'POST', body: change } as const;
    const members = await askServers(question, values, context, ({ members: now }) =>
      now instanceof Object ? ({ ...now } as Fields) : null,
    );
    if (values.output === 'json') writeJson(context, { members });
    else context.write(`${sentence(members)}\n`);
    return EXIT.clean;
  },
});

function sentence({ voters, learners }: Fields): string {
  const names = (list: unknown): string => (Array.isArray(list) ? list.join(', ') : '');
  const learning = names(learners);
  return `voters: ${names(voters)}${learning === '' ? '' : `; learners: ${learning}`}`;
}

function changeIn([what = '', ...words]: readonly string[]): Change {
  const nothing: Change = { add: {}, promote: [], remove: [] };
  switch (what) {
    case 'add':
      return { ...nothing, add: addressesIn(chunks(words, 2, 'add ID HOST:PORT')) };
    case 'promote':
      return { ...nothing, promote: words.map(idOf) };
    case 'remove':
      return { ...nothing, remove: words.map(idOf) };
    case 'replace': {
      const triples = chunks(words, 3, 'replace OLD ID HOST:PORT');
      const add = addressesIn(triples.map(([, ...newcomer]) => newcomer));
      return { add, promote: Object.keys(add), remove: triples.map(([old = '']) => idOf(old)) };
    }
    default:
      throw usageFailure(`${what} is no change: add, promote, remove or replace.`);
  }
}

function chunks(words: readonly string[], size: number, form: string): readonly string[][] {
  if (words.length % size !== 0) {
    throw usageFailure(`Usage: raftchart member ${form}, and more of the same behind it.`);
  }
  return Array.from({ length: words.length / size }, (_, at) =>
    words.slice(at * size, (at + 1) * size),
  );
}

function addressesIn(pairs: readonly (readonly string[])[]): Readonly<Record<string, string>> {
  const addresses: Record<string, string> = {};
  for (const [id = '', where = ''] of pairs) {
    const found = place(where);
    if (found instanceof Refusal) throw usageFailure(`${where} ${found.wants}.`);
    if (Object.hasOwn(addresses, idOf(id))) throw usageFailure(`${id} is named twice.`);
    addresses[id] = found;
  }
  return addresses;
}

function idOf(word: string): string {
  if (isNodeId(word)) return word;
  throw usageFailure(
    `${word} is no name of a member: 1 to 64 of letters, digits, '.', '_' and '-', the first a letter or digit.`,
  );
}
