/** What a demo consists of: names, ports, directories and the command line of each node. Decides, does nothing. */
import { join } from 'node:path';

export interface PlannedNode {
  readonly id: string;
  readonly port: number;
  readonly peerPort: number;
  readonly url: string;
  readonly dataDir: string;
  /** The directory is nobody's but the demo's, and goes with it. */
  readonly isTemporary: boolean;
  /** After the program: `serve --id n1 …`. */
  readonly argv: readonly string[];
}

const HOST = '127.0.0.1';
/** Peers use the ports this much above those of the clients. */
const PEER_PORT_OFFSET = 100;

export interface DemoOptions {
  readonly nodes: number;
  readonly basePort: number;
  readonly dataDir: string;
  readonly isTemporary: boolean;
  /** Not what `serve` would take from the same `--peers`, so that no node of theirs is a member of this. */
  readonly clusterId: string;
}

export function planDemo({
  nodes,
  basePort,
  dataDir,
  isTemporary,
  clusterId,
}: DemoOptions): readonly PlannedNode[] {
  const numbers = Array.from({ length: nodes }, (_, at) => at);
  const peers = numbers.map((at) => `n${at + 1}=${HOST}:${basePort + PEER_PORT_OFFSET + at}`);
  return numbers.map((at) => {
    const id = `n${at + 1}`;
    const port = basePort + at;
    const peerPort = port + PEER_PORT_OFFSET;
    const directory = join(dataDir, id);
    return {
      id,
      port,
      peerPort,
      url: `http://${HOST}:${port}`,
      dataDir: directory,
      isTemporary,
      argv: [
        'serve',
        ...['--id', id, '--data-dir', directory],
        ...['--listen', `${HOST}:${port}`, '--peer-listen', `${HOST}:${peerPort}`],
        ...['--peers', peers.join(','), '--cluster-id', clusterId, '--inspect'],
      ],
    };
  });
}

export function portsOf(plan: readonly PlannedNode[]): readonly number[] {
  return plan.flatMap(({ port, peerPort }) => [port, peerPort]);
}

/** As one would type it. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
