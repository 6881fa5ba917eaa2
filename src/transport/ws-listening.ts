/** The listening half of the peer port: where it listens, and what it says to those who speak something else (TR15, TR16). */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Address, formatAddress } from '../core/address.ts';
import { RaftError } from '../core/errors.ts';
import { failureText } from './ws-wire.ts';

const NOT_HTTP = `This port speaks raftchart's peer protocol (WebSocket), not HTTP.
Clients use the address that the node was given with --listen.
`;

/** Whoever took it for a web server learns what it is. */
export function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    'content-type': 'text/plain; charset=utf-8',
    upgrade: 'websocket',
    connection: 'close',
  });
  response.end(NOT_HTTP);
}

/** Resolves with the address bound. Rejects with words that say what to do. */
export function bind(server: Server, address: Address): Promise<string> {
  return new Promise((resolve, reject) => {
    // Once it listens, an error is one of a single connection that failed to come in: it concerns no one.
    server.on('error', (error) => reject(bindError(error, formatAddress(address))));
    server.listen(address.port, address.host, () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      resolve(formatAddress({ host: address.host, port }));
    });
  });
}

function bindError(error: Error, address: string): RaftError {
  const code = 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') {
    return new RaftError(
      'RAFT_CONFLICT',
      `The peer address ${address} is in use by another process: stop that process, or give this node another peer address (--peer-listen, or its own in peers).`,
      { cause: error },
    );
  }
  const text = `Cannot listen for peers on ${address}: ${failureText(error, address)}. Give --peer-listen an address of this machine.`;
  return new RaftError('RAFT_BAD_REQUEST', text, { cause: error });
}
