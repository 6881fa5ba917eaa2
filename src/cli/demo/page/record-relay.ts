/**
 * The streams of all nodes as one, for one page. What a node says passes through as it is, whole events at a time; a
 * node that cannot be reached is asked again. A page that reads slowly slows the reading of the nodes, which then leave
 * records out and say so: nothing is held here.
 */
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { DEMO_EVENT_LENGTH_MAX } from '../../limits.ts';
import type { PlannedNode } from '../demo-plan.ts';
import type { Presences } from './presences.ts';

/** How long a node that cannot be reached is left alone, in milliseconds. */
const RETRY_MS = 250;
/** Between events. */
const GAP = '\n\n';

export function relayRecords(
  nodes: readonly PlannedNode[],
  presences: Presences,
  page: ServerResponse,
): void {
  page.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  page.flushHeaders();
  const over = new AbortController();
  const stopWatching = presences.watch((news) => {
    page.write(`event: presence\ndata: ${JSON.stringify(news)}${GAP}`);
  });
  page.once('close', () => {
    stopWatching();
    over.abort();
  });
  for (const { id, url } of nodes) {
    const reached = (): void => presences.reached(id);
    const lost = (): void => presences.lost(id);
    void keepRelaying({ url: `${url}/inspect`, reached, lost }, page, over.signal);
  }
}

interface Relayed {
  readonly url: string;
  readonly reached: () => void;
  readonly lost: () => void;
}

async function keepRelaying(
  relayed: Relayed,
  page: ServerResponse,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    await relayOnce(relayed, page, over);
    if (!over.aborted) relayed.lost();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
  }
}

/** Resolves when there is nothing more to be had, whyever. */
function relayOnce(
  { reached, url }: Relayed,
  page: ServerResponse,
  over: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: over }, (stream) => {
      stream.once('close', resolve);
      stream.on('error', () => {});
      if (stream.statusCode !== 200) return void stream.destroy();
      reached();
      pass(stream, page);
    });
    request.on('error', () => resolve());
  });
}

function pass(stream: IncomingMessage, page: ServerResponse): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    rest += text;
    const end = rest.lastIndexOf(GAP);
    if (end === -1) {
      if (rest.length > DEMO_EVENT_LENGTH_MAX) stream.destroy();
      return;
    }
    const isTaken = page.write(rest.slice(0, end + GAP.length));
    rest = rest.slice(end + GAP.length);
    if (isTaken) return;
    stream.pause();
    page.once('drain', () => stream.resume());
  });
}
