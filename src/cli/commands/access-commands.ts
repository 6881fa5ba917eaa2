/** `access`, `role`, `token` and `user`: who may do what (AC9). Any server takes any of it. */
import { type Asking, askServers } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import type { Fields } from '../asking/json-fields.ts';
import { type CliContext, type Command, command } from '../command.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT, type ExitCode } from '../failures/exit-codes.ts';
import type { OptionValues } from '../options/option-table.ts';
import { countOf } from '../words/count-of.ts';
import { textTable } from '../words/text-table.ts';

const CALLER_OPTIONS = ['role', ...CLIENT_OPTIONS] as const;
type Values = OptionValues<(typeof CLIENT_OPTIONS)[number]> & {
  readonly role?: readonly string[] | null;
};
type Deed = (values: Values, context: CliContext, words: readonly string[]) => Promise<ExitCode>;

interface Deeds {
  readonly [word: string]: Deed;
}

function deedOf(name: string, deeds: Deeds, word: string): Deed {
  const deed = Object.hasOwn(deeds, word) ? deeds[word] : undefined;
  if (deed !== undefined) return deed;
  throw usageFailure(`${name} takes one of ${Object.keys(deeds).join(', ')}; it is ${word}.`);
}

const ACCESS: Deeds = {
  on: async (values, context) => {
    const { token, ...rest } = await changed(values, context, { path: '/access/on', body: {} });
    if (values.output === 'json') writeJson(context, { ...rest, token });
    else {
      context.writeError(SHOWN_ONCE);
      context.write(`${String(token)}\n`);
    }
    return EXIT.clean;
  },
  off: (values, context) =>
    said(values, context, {
      path: '/access/off',
      body: {},
      words: 'access is off: everybody may do everything',
    }),
  status: async (values, context) => {
    const listing = await listingOf(values, context);
    if (values.output === 'json') writeJson(context, listing);
    else {
      const { isOn, roles, tokens, users } = listing;
      const counts = [
        countOf(roles.length, 'role'),
        countOf(tokens.length, 'token'),
        countOf(users.length, 'user'),
      ].join(', ');
      context.write(`access is ${isOn ? 'on' : 'off'}: ${counts}\n`);
    }
    return EXIT.clean;
  },
};

const SHOWN_ONCE =
  'This is the token, shown this once. Keep it where only those can read it who are to have its rights: --token-file FILE, or RAFTCHART_TOKEN.\n';

export const accessCommand = command({
  name: 'access',
  usage: 'on | off | status',
  summary:
    'Whether those who ask have to be known. on makes the token root, which may do everything, and shows it once; off lets in everybody again, and forgets nothing.',
  options: CLIENT_OPTIONS,
  positionals: [1, 1],
  words: Object.keys(ACCESS),
  run: ({ values, positionals: [word = ''] }, context) =>
    deedOf('access', ACCESS, word)(values, context, []),
});

const ROLE: Deeds = {
  grant: (values, context, [role, prefix, rights, ...more]) => {
    if (role === undefined || prefix === undefined || rights === undefined || more.length > 0) {
      throw usageFailure(
        'Usage: raftchart role grant NAME PREFIX RIGHT,…; RIGHT is read, write, inspect or admin.',
      );
    }
    return said(values, context, {
      path: '/access/roles',
      body: { role, prefix, rights: rights.split(',') },
      words: `${role} has the right to ${rights} what begins with ${JSON.stringify(prefix)}`,
    });
  },
  revoke: (values, context, [role, prefix, ...more]) => {
    if (role === undefined || prefix === undefined || more.length > 0) {
      throw usageFailure('Usage: raftchart role revoke NAME PREFIX');
    }
    return said(values, context, {
      path: `/access/roles/${encodeURIComponent(role)}`,
      query: `prefix=${encodeURIComponent(prefix)}`,
      method: 'DELETE',
      words: `${role} has no right to what begins with ${JSON.stringify(prefix)}`,
    });
  },
  delete: (values, context, words) => {
    const role = oneName('role delete', words);
    const path = `/access/roles/${encodeURIComponent(role)}`;
    return said(values, context, { path, method: 'DELETE', words: `${role} is gone` });
  },
  list: (values, context) => listed(values, context, ({ roles }) => roles),
  show: async (values, context, words) => {
    const role = oneName('role show', words);
    return listed(values, context, ({ roles }) => {
      const found = roles.filter(({ name }) => name === role);
      if (found.length === 0) throw new CliFailure(EXIT.no, `There is no role ${role}.`);
      return found;
    });
  },
};

export const roleCommand = command({
  name: 'role',
  usage: 'grant NAME PREFIX RIGHT,… | revoke NAME PREFIX | list | show NAME | delete NAME',
  summary:
    "What a role may do: read and write keys that begin with PREFIX, and with the PREFIX '' inspect (the live page) and admin (members, backups, access itself). grant replaces what it had for that PREFIX; with its last right a role is gone. The role root may do everything.",
  options: CLIENT_OPTIONS,
  positionals: [1, 4],
  words: Object.keys(ROLE),
  run: ({ values, positionals: [word = '', ...rest] }, context) =>
    deedOf('role', ROLE, word)(values, context, rest),
});

function callerDeeds(kind: 'token' | 'user'): Deeds {
  return {
    create: async (values, context, words) => {
      const name = oneName(`${kind} create`, words);
      const roles = values.role ?? null;
      if (roles === null) throw usageFailure(`--role is needed: what ${name} may do.`);
      const path = `/access/${kind}s`;
      const answer = await changed(values, context, { path, body: { name, roles } });
      if (values.output === 'json') writeJson(context, answer);
      else if (kind === 'user') context.write(`${name} has the roles ${roles.join(', ')}\n`);
      else {
        context.writeError(SHOWN_ONCE);
        context.write(`${String(answer.token)}\n`);
      }
      return EXIT.clean;
    },
    list: (values, context) =>
      listed(values, context, ({ tokens, users }) => (kind === 'token' ? tokens : users)),
    revoke: (values, context, words) => {
      const name = oneName(`${kind} revoke`, words);
      const path = `/access/${kind}s/${encodeURIComponent(name)}`;
      return said(values, context, { path, method: 'DELETE', words: `${name} is gone` });
    },
  };
}

function callerCommand(kind: 'token' | 'user', summary: string): Command {
  const deeds = callerDeeds(kind);
  return command({
    name: kind,
    usage: 'create NAME --role ROLE,… | list | revoke NAME',
    summary,
    options: CALLER_OPTIONS,
    positionals: [1, 2],
    words: Object.keys(deeds),
    run: ({ values, positionals: [word = '', ...rest] }, context) =>
      deedOf(kind, deeds, word)(values, context, rest),
  });
}

export const tokenCommand = callerCommand(
  'token',
  'Tokens, by which programs are known. create shows a new one once: the servers keep its hash alone.',
);
export const userCommand = callerCommand(
  'user',
  'Users, who are known by a client certificate: by its URI raftchart://client/NAME, or by its common name if it has none. The servers need --tls-client-ca.',
);

interface Change {
  readonly path: string;
  readonly query?: string;
  readonly method?: 'DELETE';
  readonly body?: object;
}

function changed(
  asking: Asking,
  context: CliContext,
  { method, ...rest }: Change,
): Promise<Fields> {
  return askServers({ ...rest, method: method ?? 'POST' }, asking, context, (answer) =>
    typeof answer.accessRevision === 'number' ? answer : null,
  );
}

async function said(
  values: Values,
  context: CliContext,
  { words, ...change }: Change & { readonly words: string },
): Promise<ExitCode> {
  const answer = await changed(values, context, change);
  if (values.output === 'json') writeJson(context, answer);
  else context.write(`${words}\n`);
  return EXIT.clean;
}

interface Listing {
  readonly isOn: boolean;
  readonly roles: readonly Fields[];
  readonly tokens: readonly Fields[];
  readonly users: readonly Fields[];
}

function listingOf(asking: Asking, context: CliContext): Promise<Listing> {
  return askServers({ path: '/access', method: 'GET' }, asking, context, (answer) => {
    const { isOn, roles, tokens, users } = answer;
    const isWhole = Array.isArray(roles) && Array.isArray(tokens) && Array.isArray(users);
    return isWhole && typeof isOn === 'boolean' ? { isOn, roles, tokens, users } : null;
  });
}

async function listed(
  values: Values,
  context: CliContext,
  pick: (listing: Listing) => readonly Fields[],
): Promise<ExitCode> {
  const found = pick(await listingOf(values, context));
  if (values.output === 'json') writeJson(context, found);
  else if (found.length === 0) context.write('none\n');
  else context.write(await textTable(['NAME', 'HAS'], found.map(rowOf)));
  return EXIT.clean;
}

function rowOf({ grants, name, roles }: Fields): readonly string[] {
  const has: readonly unknown[] = Array.isArray(grants) ? grants.map(grantText) : listIn(roles);
  return [String(name), has.join(', ')];
}

function grantText(grant: Fields): string {
  const prefix = grant.prefix ?? `base64 ${String(grant.prefixBase64)}`;
  return `${listIn(grant.rights).join('+')} ${JSON.stringify(prefix)}`;
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function oneName(usage: string, words: readonly string[]): string {
  const [name, ...more] = words;
  if (name !== undefined && more.length === 0) return name;
  throw usageFailure(`Usage: raftchart ${usage} NAME`);
}
