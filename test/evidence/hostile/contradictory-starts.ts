/** Command lines that contradict themselves or their directory: each has to end by itself, soon, and in words. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leading, startCli } from '../../cli/cli-process.ts';
import { freePorts } from '../../processes/free-ports.ts';

interface Start {
  readonly name: string;
  /** What is to be seen on standard error: the sentence that says what to do. */
  readonly says: RegExp;
  readonly exitCodes: readonly number[];
  readonly flags: (place: Place) => readonly string[];
  /** Runs first, is stopped, and leaves its directory behind. */
  readonly before?: (place: Place) => readonly string[];
}

interface Place {
  readonly directory: string;
  readonly listen: string;
  readonly peerListen: string;
  readonly otherPeer: string;
}

export interface StartOutcome {
  readonly name: string;
  readonly exitCode: number | null;
  readonly afterMs: number;
  readonly said: string;
  readonly isRefused: boolean;
}

/** A process that has not ended by then is taken for one that serves, or spins. */
const PATIENCE_MS = 5_000;

export const STARTS: readonly Start[] = [
  {
    name: 'commands larger than any frame',
    says: /frame/i,
    exitCodes: [64, 78],
    flags: (place) => [...alone(place), '--command-bytes-max', '12000000'],
  },
  {
    name: 'frames smaller than a message',
    says: /frame/i,
    exitCodes: [64, 78],
    flags: (place) => [...alone(place), '--frame-bytes-max', '200000'],
  },
  {
    name: 'other members than the directory knows',
    says: /n1/,
    exitCodes: [78],
    before: alone,
    flags: (place) => [
      ...serve(place, place.directory),
      '--peers',
      `n1=${place.peerListen},n2=${place.otherPeer}`,
    ],
  },
  {
    name: 'a directory that cannot be made',
    says: /\/proc/,
    exitCodes: [74, 78],
    flags: (place) => [...serve(place, '/proc/raftchart'), '--peers', `n1=${place.peerListen}`],
  },
];

/** Starts it, waits for its end, and says how it ended. */
export async function tryStart(cli: string, start: Start): Promise<StartOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'raftchart-start-'));
  try {
    const place = await placeIn(directory);
    if (start.before !== undefined) await runOnce(cli, start.before(place), true);
    const { exitCode, afterMs, said } = await runOnce(cli, start.flags(place));
    const isRefused =
      exitCode !== null && start.exitCodes.includes(exitCode) && start.says.test(said);
    return { name: start.name, exitCode, afterMs, said, isRefused };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function placeIn(directory: string): Promise<Place> {
  const free = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
  const [listen = '', peerListen = '', otherPeer = ''] = free;
  return { directory: join(directory, 'n1'), listen, peerListen, otherPeer };
}

function serve({ listen, peerListen }: Place, directory: string): readonly string[] {
  return ['--id', 'n1', '--data-dir', directory, '--listen', listen, '--peer-listen', peerListen];
}

function alone(place: Place): readonly string[] {
  return [...serve(place, place.directory), '--peers', `n1=${place.peerListen}`];
}

/** Ends it with SIGTERM once it leads, if it is meant to; otherwise waits for its own end. */
async function runOnce(
  program: string,
  flags: readonly string[],
  isMeantToLead = false,
): Promise<{ readonly exitCode: number | null; readonly afterMs: number; readonly said: string }> {
  const begun = performance.now();
  const started = startCli(['serve', ...flags], { program });
  const force = setTimeout(() => started.kill('SIGKILL'), PATIENCE_MS);
  if (isMeantToLead) await leading(started).then(() => started.kill('SIGTERM'));
  await started.ended;
  clearTimeout(force);
  const { exitCode } = started.child;
  return { exitCode, afterMs: performance.now() - begun, said: started.errors() };
}
