/** A bare WebSocket to `/client`: sends whatever bytes a test wants and keeps the replies. */
import { WebSocket } from 'ws';
import type { ClientReply, ClientRequest } from '../../../src/client-protocol/frame-shapes.ts';
import { decodeReplies } from '../../../src/client-protocol/reply-frame.ts';
import { encodeRequests } from '../../../src/client-protocol/request-frame.ts';

export interface RawClient {
  readonly socket: WebSocket;
  /** One array for each frame. */
  readonly frames: (readonly ClientReply[])[];
  readonly closed: Promise<number>;
  send(requests: readonly ClientRequest[]): void;
  sendBytes(bytes: Uint8Array): void;
  /** All replies so far, once there is one that fits. */
  until(fits: (reply: ClientReply) => boolean): Promise<ClientReply>;
}

export async function rawClient(url: string): Promise<RawClient> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/client`);
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
  return {
    socket,
    frames,
    closed,
    until,
    send: (requests) => socket.send(encodeRequests(requests)),
    sendBytes: (bytes) => socket.send(bytes),
  };
}
