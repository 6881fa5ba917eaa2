/**
 * The demo's own small server, which survives its nodes: the page, what the nodes tell as one stream, and, for whoever
 * has the link with its token, faults and writes by hand (CL35, CL36). It listens on this machine only.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ServedHosts } from '../../../server/admission/host-check.ts';
import { PAGE_HEADERS, pageFiles } from '../../../server/page/page-files.ts';
import type { PageSetup } from '../../../server/page/page-setup.ts';
import { DEMO_ORDER_BYTES_MAX, DEMO_PAGES_MAX } from '../../limits.ts';
import type { PlannedNode } from '../demo-plan.ts';
import { demoOrder, type Orders } from './demo-orders.ts';
import type { Presences } from './presences.ts';
import { relayRecords } from './record-relay.ts';

const HOST = '127.0.0.1';
const TOKEN_HEADER = 'raftchart-token';

interface PageServerOptions {
  /** Tried first; another if it is taken. */
  readonly port: number;
  readonly plan: readonly PlannedNode[];
  readonly presences: Presences;
  readonly orders: Orders;
}

export class PageServer {
  readonly #options: PageServerOptions;
  readonly #server: Server;
  readonly #hosts = new ServedHosts([]);
  readonly #token = randomBytes(16).toString('hex');
  #pages = 0;

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Resolves with the link, its token behind `#`, where browsers send it to nobody. */
  async listen(): Promise<string> {
    const port = (await this.#listenOn(this.#options.port)) ?? (await this.#listenOn(0)) ?? 0;
    return `http://${HOST}:${port}/#token=${this.#token}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** `null`: the port cannot be had. */
  #listenOn(port: number): Promise<number | null> {
    return new Promise((resolve) => {
      const refuse = (): void => resolve(null);
      this.#server.once('error', refuse);
      this.#server.listen({ host: HOST, port, exclusive: true }, () => {
        this.#server.off('error', refuse);
        const bound = this.#server.address();
        resolve(bound instanceof Object ? bound.port : port);
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#hosts.refusalOf(request);
    if (refusal !== null) return say(response, 403, refusal);
    const path = (request.url ?? '').split('?', 1)[0]?.slice(1) ?? '';
    if (request.method === 'POST') return this.#obey(path, request, response);
    if (request.method !== 'GET') return say(response, 405, 'Only GET and POST are answered here.');
    if (path === 'stream') return this.#relay(response);
    if (path === 'setup.json') return this.#setUp(response);
    const file = (await pageFiles()).get(path);
    if (file === undefined) return say(response, 404, 'There is nothing here.');
    response.writeHead(200, { ...PAGE_HEADERS, 'content-type': file.type });
    response.end(file.bytes);
  }

  #setUp(response: ServerResponse): void {
    const nodes = this.#options.plan.map(({ id }) => id);
    const setup: PageSetup = { mode: 'demo', nodes, streams: [{ url: 'stream', node: null }] };
    response.writeHead(200, { ...PAGE_HEADERS, 'content-type': 'application/json' });
    response.end(JSON.stringify(setup));
  }

  /** Bound: pages at a time; one more is told to close another. */
  #relay(response: ServerResponse): void {
    if (this.#pages >= DEMO_PAGES_MAX) {
      return say(response, 503, `${DEMO_PAGES_MAX} pages are open already: close one of them.`);
    }
    this.#pages += 1;
    response.once('close', () => {
      this.#pages -= 1;
    });
    relayRecords(this.#options.plan, this.#options.presences, response);
  }

  async #obey(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isToken(request.headers[TOKEN_HEADER])) {
      return say(response, 403, 'Only who has the whole link that the demo printed may do this.');
    }
    const order = demoOrder(path, await bodyOf(request), this.#options.orders);
    if (order === null) return say(response, 400, 'That is no order that a demo understands.');
    const { isDone, message } = await order;
    say(response, isDone ? 200 : 409, message);
  }

  #isToken(given: string | readonly string[] | undefined): boolean {
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(String(given)), digest(this.#token));
  }
}

function say(response: ServerResponse, status: number, message: string): void {
  if (response.writableEnded) return;
  response.writeHead(status, { ...PAGE_HEADERS, 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}

/** Bound: a longer one is cut, and then is no order. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= DEMO_ORDER_BYTES_MAX) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
