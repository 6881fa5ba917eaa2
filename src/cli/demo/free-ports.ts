/** Which ports of this machine are taken, found out by trying. */
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

export async function takenPorts(ports: readonly number[]): Promise<readonly number[]> {
  const results = await Promise.all(ports.map(isFree));
  return ports.filter((_, at) => results[at] === false);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
