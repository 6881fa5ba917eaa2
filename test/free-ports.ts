/**
 * Ports that nobody listens on, and that the operating system hands to nobody meanwhile: they lie below those from which
 * it takes the near end of each connection and what is asked for as port 0 (32,768 and up on Linux). A port that a
 * server gives back for its restart, or is told before it starts, would else be anybody's in between.
 */
import { takenPorts } from '../src/cli/demo/free-ports.ts';

const FIRST_PORT = 10_000;
const LAST_PORT = 31_999;

/** Any so many of them. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const port = await freeBasePort(1);
    if (!found.includes(port)) found.push(port);
  }
  return found;
}

/** The first of `count` consecutive ports that are free now, and so are those 100 above. */
export async function freeBasePort(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count - 100));
    const ports = Array.from({ length: count }, (_, at) => [base + at, base + 100 + at]).flat();
    if ((await takenPorts(ports)).length === 0) return base;
  }
  throw new Error('no free ports');
}
