/** A bare WebSocket to `/client`: sends whatever bytes a test wants and keeps the replies; ended after the test. */
import { WebSocket } from 'ws';
import type {
  ClientReply,
  ClientRequest,
  ReadRequest,
  WatchRequest,
} from '../../../src/client-protocol/frame-shapes.ts';
import { decodeReplies } from '../../../src/client-protocol/reply-frame.ts';
import { encodeRequests } from '../../../src/client-protocol/request-frame.ts';
import { cleanUp } from '../../clean-up.ts';

export interface RawClient {
  readonly socket: WebSocket;
  /** One array for each frame. */
  readonly frames: (readonly ClientReply[])[];
  readonly closed: Promise<number>;
  send(requests: readonly ClientRequest[]): void;
  sendBytes(bytes: Uint8Array): void;
  /** The first reply that fits, once there is one. */
  until(fits: (reply: ClientReply) => boolean): Promise<ClientReply>;
  /** The first reply of this type: to this request, or to any. */
  reply(type: ClientReply['type'], to?: number): Promise<ClientReply>;
}

/** Greeted by the server. */
export async function rawClient(url: string): Promise<RawClient> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/client`);
  cleanUp(() => socket.terminate());
  const frames: (readonly ClientReply[])[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    const replies = decodeReplies(data);
    if (typeof replies === 'string') throw new Error(replies);
    frames.push(replies);
    for (const look of waiting) look();
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  const until = (fits: (reply: ClientReply) => boolean): Promise<ClientReply> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = frames.flat().find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      closed.then((code) => reject(new Error(`closed with ${code}`)));
      look();
    });
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  const reply: RawClient['reply'] = (type, to) =>
    until((each) => each.type === type && (to === undefined || ('id' in each && each.id === to)));
  await reply('hello');
  return {
    socket,
    frames,
    closed,
    until,
    reply,
    send: (requests) => socket.send(encodeRequests(requests)),
    sendBytes: (bytes) => socket.send(bytes),
  };
}

/** Of all keys, unless told otherwise. */
export function readOf(id: number, changes: Partial<ReadRequest> = {}): ReadRequest {
  return {
    type: 'read',
    id,
    timeoutMs: 60_000,
    consistency: 'local',
    selector: { prefix: new Uint8Array(0) },
    limit: null,
    revision: null,
    keysOnly: false,
    atLeast: null,
    ...changes,
  };
}

export function watchOf(id: number, from: number | null = null): WatchRequest {
  return { type: 'watch', id, selector: { prefix: new Uint8Array(0) }, from };
}
