/**
 * How the text of an option becomes a value. Each kind either returns the value or says, as the end of a
 * sentence that begins with the option's name, what it wants instead (CL13).
 */
import { isIP, isIPv4 } from 'node:net';
import { type Address, formatAddress, parseAddress, parsePlace } from '../../core/address.ts';
import { parseLogId } from '../../core/log-id.ts';
import { type EntryId, isNodeId, type NodeId } from '../../core/types.ts';
import { clientUrlIn } from '../../wire/client-url.ts';
import {
  BY_MEMBER,
  type Form,
  LIST,
  MS_RANGE,
  oneOf,
  TEXT,
  wholeFrom,
  YES_OR_NO,
} from './forms.ts';

/** Reads one option's text. A `Refusal` completes the sentence "--name …"; `part` is what is wrong, if not all of it. */
export interface Kind<Value> {
  (text: string): Value | Refusal;
  /** In a configuration file. */
  readonly form: Form;
  /** All that it takes, where these are few. */
  readonly words?: readonly string[];
}

export class Refusal {
  readonly wants: string;
  readonly part: string | null;

  constructor(wants: string, part: string | null = null) {
    this.wants = wants;
    this.part = part;
  }
}

function kind<Value>(form: Form, read: (given: string) => Value | Refusal): Kind<Value> {
  return Object.assign(read, { form });
}

const HOST_NAME = /^[A-Za-z0-9._-]{1,253}$/;

type MsRange = {
  readonly fromMs: number;
  readonly toMs: number;
};

export const text: Kind<string> = kind(TEXT, (given) =>
  given === '' ? new Refusal('must not be empty') : given,
);

/** The file that holds a secret, or the secret itself, which comes from the environment alone. */
type SecretSource = { readonly file: string } | { readonly text: string };

export const secretFile: Kind<SecretSource> = kind(TEXT, (given) =>
  given === '' ? new Refusal('must not be empty') : { file: given },
);

export const names: Kind<readonly string[]> = kind(LIST, (given) => {
  const each = given.split(',');
  return each.includes('') ? new Refusal('must be names with commas between them') : each;
});

/** A prefix may be empty: it then names every key. */
export const anyText: Kind<string> = kind(TEXT, (given) => given);

export const nodeName: Kind<NodeId> = kind(TEXT, (given) =>
  isNodeId(given)
    ? given
    : new Refusal(
        "must be 1 to 64 of letters, digits, '.', '_' and '-', the first a letter or digit",
      ),
);

/** As `raftchart-log-id` of a write says it. */
export const logId: Kind<EntryId> = kind(
  TEXT,
  (given) => parseLogId(given) ?? new Refusal('must be a term and an index, TERM-INDEX'),
);

export function choice<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  const form = oneOf(words);
  const read = (given: string): Word | Refusal =>
    words.find((word) => word === given) ?? new Refusal(form.wants);
  return Object.assign(kind(form, read), { words });
}

export const yesOrNo: Kind<boolean> = kind(YES_OR_NO, (given) => {
  if (given === 'true' || given === 'false') return given === 'true';
  return new Refusal('must be true or false');
});

/** A whole number in `[min, max]`. */
export function whole(min: number, max: number): Kind<number> {
  return kind(wholeFrom(min, max), (given) => {
    const value = /^[0-9]{1,15}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) return value;
    return new Refusal(`must be a whole number from ${min} to ${max}`);
  });
}

/** `300-600`, or `300` for both ends. */
export function msRange(minMs: number, maxMs: number): Kind<MsRange> {
  return kind(MS_RANGE, (given) => {
    const match = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(given);
    const fromMs = Number(match?.[1] ?? Number.NaN);
    const toMs = match?.[2] === undefined ? fromMs : Number(match[2]);
    if (fromMs >= minMs && toMs >= fromMs && toMs <= maxMs) return { fromMs, toMs };
    return new Refusal(`must be two whole numbers FROM-TO between ${minMs} and ${maxMs}`);
  });
}

/** `host:port` or `[::1]:port`; port 0 lets the system choose. */
export const address: Kind<Address> = kind(
  TEXT,
  (given) => parseAddress(given) ?? new Refusal('must be HOST:PORT, for example 127.0.0.1:4100'),
);

/** The same of a group in which datagrams stay with whoever runs the network (RFC 2365). */
export const multicastGroup: Kind<Address> = kind(TEXT, (given) => {
  const found = parsePlace(given);
  if (found !== null && isIPv4(found.host) && found.host.startsWith('239.')) return found;
  return new Refusal(
    'must be GROUP:PORT with a group of 239.0.0.0/8, for example 239.255.82.70:4300',
  );
});

/** The same of another node, which is found there. */
export function place(given: string): string | Refusal {
  const found = parsePlace(given);
  return found === null
    ? new Refusal('must be HOST:PORT, for example 10.0.0.4:4200')
    : formatAddress(found);
}

/** `n1=host:port,n2=host:port`, each id and each address once. */
export const members: Kind<ReadonlyMap<NodeId, string>> = kind(BY_MEMBER, (given) => {
  const byId = new Map<NodeId, string>();
  for (const part of given.split(',')) {
    const [id = '', where = '', ...rest] = part.trim().split('=');
    const found = place(where);
    if (!isNodeId(id) || found instanceof Refusal || rest.length > 0) {
      return new Refusal('must be ID=HOST:PORT,ID=HOST:PORT,…', part);
    }
    if (byId.has(id)) return new Refusal(`names ${id} twice`);
    if ([...byId.values()].includes(found)) return new Refusal(`gives ${found} to two members`);
    byId.set(id, found);
  }
  return byId;
});

/** `n1=host,n2=host`, each id once; one host may be that of several. */
export const memberHosts: Kind<ReadonlyMap<NodeId, string>> = kind(BY_MEMBER, (given) => {
  const byId = new Map<NodeId, string>();
  for (const part of given.split(',')) {
    const [id = '', host = '', ...rest] = part.trim().split('=');
    const isHost = isIP(host) !== 0 || HOST_NAME.test(host);
    if (!isNodeId(id) || !isHost || rest.length > 0) {
      return new Refusal('must be ID=HOST,ID=HOST,…', part);
    }
    if (byId.has(id)) return new Refusal(`names ${id} twice`);
    byId.set(id, host);
  }
  return byId;
});

/** `n1=http://host:port,n2=https://host:port`, each id once. */
export const memberUrls: Kind<ReadonlyMap<NodeId, string>> = kind(BY_MEMBER, (given) => {
  const byId = new Map<NodeId, string>();
  for (const part of given.split(',')) {
    const cut = part.indexOf('=');
    const [id, where] = [part.slice(0, cut).trim(), part.slice(cut + 1).trim()];
    const url = URL.canParse(where) ? new URL(where) : null;
    if (!isNodeId(id) || url === null || !/^https?:$/.test(url.protocol)) {
      return new Refusal('must be ID=http://HOST:PORT,ID=http://HOST:PORT,…', part);
    }
    if (byId.has(id)) return new Refusal(`names ${id} twice`);
    byId.set(id, url.origin);
  }
  return byId;
});

/** `http://n1.example.org:4100`, at which others find a node. */
export const clientUrl: Kind<string> = kind(
  TEXT,
  (given) =>
    clientUrlIn(given) ??
    new Refusal('must be http://HOST:PORT or https://HOST:PORT, as others reach it'),
);

/** `_raftchart._tcp.example.org` */
export const hostName: Kind<string> = kind(TEXT, (given) =>
  HOST_NAME.test(given) ? given : new Refusal('must be a name in DNS'),
);

/** `db.example.org,db` */
export const hostNames: Kind<readonly string[]> = kind(LIST, (given) => {
  const names = given.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !HOST_NAME.test(name));
  if (wrong === undefined) return names;
  return new Refusal('must be host names without port, NAME,NAME,…', wrong);
});

/** `http://a:1,http://b:2` */
export const endpoints: Kind<readonly string[]> = kind(LIST, (given) => {
  const urls: string[] = [];
  for (const part of given.split(',')) {
    const url = URL.canParse(part.trim()) ? new URL(part.trim()) : null;
    if (url === null || !['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) {
      return new Refusal('must be http://HOST:PORT,http://HOST:PORT,…', part);
    }
    urls.push(url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin);
  }
  return urls;
});
