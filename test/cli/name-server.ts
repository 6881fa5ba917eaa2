/** A server of DNS over UDP on loopback, as much of it as answers with SRV records (RFC 1035, RFC 2782). */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cleanUp } from '../clean-up.ts';

interface SrvAnswer {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

interface NameServer {
  /** `host:port` */
  readonly address: string;
  /** Of names in lower case; what is not there does not exist. */
  readonly records: Map<string, readonly SrvAnswer[]>;
}

export async function nameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  const records: NameServer['records'] = new Map();
  socket.on('message', (query, { address, port }) => {
    socket.send(answerTo(query, records), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanUp(() => socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, records };
}

const HEADER_BYTES = 12;
const SRV = 33;

function answerTo(query: Buffer, records: NameServer['records']): Buffer {
  const { name, end } = nameIn(query, HEADER_BYTES);
  const isSrv = query.readUInt16BE(end) === SRV;
  const found = (isSrv ? records.get(name.toLowerCase()) : undefined) ?? [];
  const question = query.subarray(HEADER_BYTES, end + 4);
  const noSuchName = 3;
  const flags = 0x8180 | (records.has(name.toLowerCase()) ? 0 : noSuchName);
  const header = numbers16(query.readUInt16BE(0), flags, 1, found.length, 0, 0);
  return Buffer.concat([header, question, ...found.map(answer)]);
}

function answer({ port, priority, target, weight }: SrvAnswer): Buffer {
  const data = Buffer.concat([numbers16(priority, weight, port), encoded(target)]);
  const [pointerToQuestion, internet, ttlHigh, ttlLow] = [0xc00c, 1, 0, 0];
  const head = numbers16(pointerToQuestion, SRV, internet, ttlHigh, ttlLow, data.length);
  return Buffer.concat([head, data]);
}

function nameIn(message: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = from;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function encoded(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function numbers16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, 2 * at);
  return bytes;
}
