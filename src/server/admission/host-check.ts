/**
 * Whose requests are served (SP4): those that name this server by a loopback name, an IP address, a configured
 * name or one that was allowed. A web page whose own name was made to point here ("DNS rebinding") sends that
 * name as `Host`, and is refused. An address cannot be rebound, so any literal one is served: a server behind
 * 0.0.0.0 does not know all of its own. An `Origin` is a page's; it has to be this very server, a page of this
 * machine, or of a name that was allowed. What a page of another site asks for unread, as it does for pictures, has no
 * `Origin`: browsers say so in `Sec-Fetch-Site`. A link may be followed from anywhere.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';

/** A name or an address in brackets, and perhaps a port (RFC 3986 §3.2). */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{0,5})?$/;

export class ServedHosts {
  #names: ReadonlySet<string> = new Set();

  /** `names`: of the configured addresses and what was allowed; ports and case do not matter. */
  constructor(names: Iterable<string>) {
    this.serve(names);
  }

  /** From now on these and no others. */
  serve(names: Iterable<string>): void {
    this.#names = new Set([...names].map(plainName));
  }

  /** Why the request is not served; `null` if it is. */
  refusalOf(request: Pick<IncomingMessage, 'headers' | 'url'>): string | null {
    const { host, origin } = request.headers;
    for (const authority of [host, targetAuthority(request.url ?? '')]) {
      if (authority !== undefined && !this.#isServedHost(authority)) return refusedHost(authority);
    }
    if (origin === undefined) return isOfOtherSite(request) ? REFUSED_SITE : null;
    return this.#isServedOrigin(origin, host) ? null : refusedOrigin(origin);
  }

  #isServedHost(authority: string): boolean {
    const name = nameOf(authority);
    return name !== null && (isAddress(name) || this.#isKnown(name));
  }

  #isServedOrigin(origin: string, host: string | undefined): boolean {
    const url = URL.canParse(origin) ? new URL(origin) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) return false;
    const name = nameOf(url.host);
    if (name === null) return false;
    return url.host === host?.toLowerCase() || isLoopbackAddress(name) || this.#isKnown(name);
  }

  #isKnown(name: string): boolean {
    return name === 'localhost' || name.endsWith('.localhost') || this.#names.has(name);
  }
}

function isOfOtherSite({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';
}

/** The host of `host:port`, `[v6]:port` or either alone, as `ServedHosts` compares it; `null` if it is none. */
function nameOf(authority: string): string | null {
  const name = AUTHORITY.exec(authority.toLowerCase())?.[1];
  return name === undefined ? null : plainName(name);
}

/** Lower case, without brackets and without the dot that may end a full name. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function isAddress(name: string): boolean {
  return isIPv4(name) || isIPv6(name);
}

function isLoopbackAddress(name: string): boolean {
  return (isIPv4(name) && name.startsWith('127.')) || name === '::1';
}

/** Of `GET http://host/path`, which proxies are sent; it counts as much as the header. */
function targetAuthority(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return undefined;
  return URL.canParse(target) ? new URL(target).host : target;
}

const REFUSED_SITE =
  'What web pages of other sites ask for without reading it is not served. Ask from a program, or from a page of this server.';

function refusedHost(host: string): string {
  return `Requests to ${JSON.stringify(host.slice(0, 100))} are not served here. Use an address or a configured name of this node, or start it with --allow-host.`;
}

function refusedOrigin(origin: string): string {
  return `Web pages of ${JSON.stringify(origin.slice(0, 100))} are not served. Ask from a program, or allow the page's host with --allow-host.`;
}
