/**
 * A server that says only what a test tells it to, for outcomes that a real one brings about by bad luck; closed after
 * the test.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  CLIENT_PROTOCOL_VERSION,
  type ClientReply,
  type ClientRequest,
} from '../../src/client-protocol/frame-shapes.ts';
import { encodeReplies } from '../../src/client-protocol/reply-frame.ts';
import { decodeRequests } from '../../src/client-protocol/request-frame.ts';
import { type EntryId, index, term } from '../../src/core/types.ts';
import { encodeResult } from '../../src/kv/commands/result-codec.ts';
import { closing } from '../clean-up.ts';

interface ScriptedServer {
  readonly url: string;
  /** Requests by frame, over all connections. */
  readonly frames: (readonly ClientRequest[])[];
  readonly connections: WebSocket[];
  /** Called for each request; by default nobody is answered. */
  onRequest: (request: ClientRequest, reply: (reply: ClientReply) => void) => void;
  /** What it says first; `null`: nothing. */
  hello: ClientReply | null;
  requests(): readonly ClientRequest[];
  close(): Promise<void>;
}

export const helloOf = (
  nodeId: string,
  leader: string | null,
  protocolVersion = CLIENT_PROTOCOL_VERSION,
): ClientReply => ({
  type: 'hello',
  protocolVersion,
  nodeId,
  clusterId: 'scripted',
  leader,
});

/** Where it says that every write stands. */
export const SOMEWHERE: EntryId = { term: term(3), index: index(120) };

type Answer = ScriptedServer['onRequest'];

/** Whatever it is asked, it tells this status. */
export const tellStatus: Answer = ({ id }, reply) =>
  reply({ type: 'status', id, status: '{"id":"n1"}' });

/** Whatever it is asked, it was a put, and is done. */
export const tellDone: Answer = ({ id }, reply) =>
  reply({ type: 'done', id, at: SOMEWHERE, result: encodeResult({ type: 'put', revision: 7 }) });

export async function scriptedServer(): Promise<ScriptedServer> {
  const listener = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/client' });
  await new Promise((resolve, reject) => {
    listener.once('listening', resolve);
    listener.once('error', reject);
  });
  const { port } = listener.address() as AddressInfo;
  const server: ScriptedServer = {
    url: `http://127.0.0.1:${port}`,
    frames: [],
    connections: [],
    hello: helloOf('n1', 'n1'),
    onRequest: () => {},
    requests: () => server.frames.flat(),
    close: () => {
      for (const socket of listener.clients) socket.terminate();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
  listener.on('connection', (socket) => {
    server.connections.push(socket);
    const reply = (what: ClientReply): void => socket.send(encodeReplies([what]));
    if (server.hello !== null) reply(server.hello);
    socket.on('message', (data: Buffer) => {
      const requests = decodeRequests(data);
      if (typeof requests === 'string') throw new Error(requests);
      server.frames.push(requests);
      for (const request of requests) server.onRequest(request, reply);
    });
  });
  return closing(server);
}
