/** `lease`: keys that go when their holder does, granted, kept alive, revoked and shown (LE11). */
import { RaftError } from '../../core/errors.ts';
import { COUNTER_MAX } from '../../core/limits.ts';
import { logIdText } from '../../core/log-id.ts';
import { askServers } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import type { Fields } from '../asking/json-fields.ts';
import { aborted, type CliContext, command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT, type ExitCode } from '../failures/exit-codes.ts';
import { Refusal, whole } from '../options/option-kinds.ts';
import type { OptionValues } from '../options/option-table.ts';
import { type Cell, textTable } from '../words/text-table.ts';

const LEASE_OPTIONS = ['ttl-ms', ...CLIENT_OPTIONS] as const;
const LEASE_WORDS = ['grant', 'keep-alive', 'revoke', 'list', 'show'] as const;
type Values = OptionValues<(typeof LEASE_OPTIONS)[number]>;
type Deed = (values: Values, context: CliContext, lease: string | undefined) => Promise<ExitCode>;

export const leaseCommand = command({
  name: 'lease',
  usage: 'grant | keep-alive N | revoke N | list | show N',
  summary:
    'Leases: put --lease N binds a key to one, and it goes with it. grant makes one, which ends by itself after --ttl-ms; keep-alive renews it until Ctrl-C; revoke ends it; list and show tell what there is, and the leader for how long.',
  options: LEASE_OPTIONS,
  positionals: [1, 2],
  words: LEASE_WORDS,
  run: ({ values, positionals: [word = '', lease] }, context) => {
    const deed = DEEDS.get(word);
    if (deed === undefined) {
      throw usageFailure(`lease takes one of ${[...DEEDS.keys()].join(', ')}; it is ${word}.`);
    }
    return deed(values, context, lease);
  },
});

const DEEDS: ReadonlyMap<string, Deed> = new Map<string, Deed>([
  ['grant', grant],
  ['keep-alive', keepAlive],
  ['revoke', revoke],
  ['list', list],
  ['show', show],
]);

async function grant(
  values: Values,
  context: CliContext,
  lease: string | undefined,
): Promise<ExitCode> {
  nothingMore(lease);
  const { 'ttl-ms': ttlMs } = values;
  const { id } = await withClient(values, context, (client, signal) =>
    client.grantLease({ ttlMs, signal }),
  );
  if (values.output === 'json') writeJson(context, { lease: id, ttlMs });
  else context.write(`lease ${id}, ${ttlMs} ms\n`);
  return EXIT.clean;
}

async function keepAlive(
  values: Values,
  context: CliContext,
  lease: string | undefined,
): Promise<ExitCode> {
  const id = numberOf(lease);
  return withClient(values, context, async (client, signal) => {
    const kept = (await client.adoptLease(id, { signal })).keepAlive();
    context.writeError(`lease ${id} is kept alive until Ctrl-C\n`);
    await aborted(AbortSignal.any([signal, kept.lost]));
    const { reason } = kept.lost;
    if (reason instanceof RaftError) throw reason;
    return EXIT.clean;
  });
}

async function revoke(
  values: Values,
  context: CliContext,
  lease: string | undefined,
): Promise<ExitCode> {
  const id = numberOf(lease);
  const { revision, deleted, logId } = await withClient(values, context, (client, signal) =>
    client.revokeLease(id, { signal }),
  );
  if (values.output === 'json') writeJson(context, { revision, deleted, logId: logIdText(logId) });
  else context.write(`revoked, ${deleted} deleted, revision ${revision}\n`);
  return EXIT.clean;
}

async function list(
  values: Values,
  context: CliContext,
  lease: string | undefined,
): Promise<ExitCode> {
  nothingMore(lease);
  const { leases, more, ...rest } = await listing(values, context);
  if (values.output === 'json') writeJson(context, { ...rest, leases, more });
  else {
    const rows = leases.map((each) => COLUMNS.map((name) => cellOf(each[name])));
    context.write(leases.length === 0 ? 'no leases\n' : await textTable(HEAD, rows));
    context.writeError(hintFor(leases));
    if (more === true) context.writeError('There are more: GET /lease?start= tells them.\n');
  }
  return EXIT.clean;
}

async function show(
  values: Values,
  context: CliContext,
  lease: string | undefined,
): Promise<ExitCode> {
  const id = numberOf(lease);
  const question = { path: `/lease/${id}`, method: 'GET' } as const;
  const found = await askServers(question, values, context, (answer) =>
    Array.isArray(answer.keys) ? { ...answer, keys: answer.keys } : null,
  );
  if (values.output === 'json') {
    writeJson(context, found);
    return EXIT.clean;
  }
  const fields: Fields = found;
  context.write(await textTable(HEAD, [COLUMNS.map((name) => cellOf(fields[name]))]));
  for (const key of found.keys) context.write(`  ${keyIn(key)}\n`);
  context.writeError(hintFor([fields]));
  return EXIT.clean;
}

/** Whoever is asked answers, and only the leader counts the time. */
function hintFor(leases: readonly Fields[]): string {
  if (leases.every(({ remainingMs }) => typeof remainingMs === 'number')) return '';
  return 'How long a lease lasts only the leader knows, which raftchart members names: ask it by --endpoints.\n';
}

const HEAD = ['LEASE', 'TTL MS', 'LEFT MS', 'KEYS'];
const COLUMNS = ['lease', 'ttlMs', 'remainingMs', 'keyCount'];

function listing(
  values: Values,
  context: CliContext,
): Promise<Fields & { readonly leases: readonly Fields[] }> {
  const question = { path: '/lease', method: 'GET' } as const;
  return askServers(question, values, context, (answer) =>
    Array.isArray(answer.leases) ? { ...answer, leases: answer.leases } : null,
  );
}

/** How long it lasts, only the leader knows. */
function cellOf(value: unknown): Cell {
  return typeof value === 'number' ? value : '?';
}

function keyIn(key: unknown): string {
  const text: unknown = key instanceof Object ? Reflect.get(key, 'key') : null;
  const bytes: unknown = key instanceof Object ? Reflect.get(key, 'keyBase64') : null;
  return JSON.stringify(text ?? `base64 ${String(bytes)}`);
}

function numberOf(lease: string | undefined): number {
  const id = whole(1, COUNTER_MAX)(lease ?? '');
  if (id instanceof Refusal) throw usageFailure('Name the lease by its number, as grant tells it.');
  return id;
}

function nothingMore(lease: string | undefined): void {
  if (lease !== undefined) throw usageFailure(`${lease} is one word too many.`);
}
