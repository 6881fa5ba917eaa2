/**
 * `demo`: a cluster on this machine, one process for each node, in one command (CL20–CL23). It starts the
 * processes, shows what they say about their roles, serves the page that shows more, and ends them by their ids; it
 * restarts nothing by itself, so that what you kill stays dead until you say otherwise.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { storedClusterId } from '../../library/cluster-identity.ts';
import { askOverHttp } from '../asking/ask-over-http.ts';
import { aborted, type CliContext, command } from '../command.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT, type ExitCode } from '../failures/exit-codes.ts';
import { DEMO_NODES_MAX, DEMO_SUGGESTIONS_MAX } from '../limits.ts';
import { DemoHand } from './demo-hand.ts';
import { DemoNode, type NodeNews } from './demo-node.ts';
import { type DemoOptions, type PlannedNode, planDemo, portsOf } from './demo-plan.ts';
import { demoScreen } from './demo-screen.ts';
import { takenPorts } from './free-ports.ts';
import { PageServer } from './page/page-server.ts';
import { Presences } from './page/presences.ts';

/** How long a node may take to stop before it is killed, in milliseconds. */
const STOP_PATIENCE_MS = 5_000;
/** How often a new leader is asked whether it serves, in milliseconds. */
const READY_POLL_MS = 50;
/** How long one such question may take, in milliseconds. */
const READY_TIMEOUT_MS = 2_000;
/** Without a leader for this long at the start, the demo says so, in milliseconds. */
const NO_LEADER_AFTER_MS = 10_000;
const SUGGESTION_STEP = 200;

export const demoCommand = command({
  name: 'demo',
  usage: '[--nodes 3] [--base-port 4100] [--data-dir DIR]',
  summary:
    'Run a cluster on this machine, one process for each node, until Ctrl-C. Without --data-dir its data are temporary; with it, they are kept there, in one directory for each node.',
  options: ['nodes', 'base-port', 'data-dir'],
  run: async ({ values }, context) => {
    const { nodes, 'base-port': basePort, 'data-dir': given } = values;
    if (given !== null) await prepareDirectory(resolve(given), nodes);
    const isTemporary = given === null;
    const clusterId = await clusterIdIn(given === null ? null : resolve(given), nodes);
    await refuseTakenPorts({ nodes, basePort, dataDir: '', isTemporary, clusterId });
    const dataDir =
      given === null ? await mkdtemp(join(tmpdir(), 'raftchart-demo-')) : resolve(given);
    try {
      const plan = planDemo({ nodes, basePort, dataDir, isTemporary, clusterId });
      const demo = new Demo(plan, context, basePort - 1);
      return await demo.run(
        given === null ? 'data in a temporary directory' : `data in ${dataDir}`,
      );
    } finally {
      if (given === null) await rm(dataDir, { recursive: true, force: true });
    }
  },
});

/** Of each new demo another: what is left over of an earlier one, on the same ports, is no member of it (CL20). */
async function clusterIdIn(dataDir: string | null, nodes: number): Promise<string> {
  for (let at = 1; dataDir !== null && at <= nodes; at += 1) {
    const stored = await storedClusterId(join(dataDir, `n${at}`));
    if (stored !== null) return stored;
  }
  return `demo-${randomUUID().slice(0, 8)}`;
}

async function refuseTakenPorts(options: DemoOptions): Promise<void> {
  const taken = await takenPorts(portsOf(planDemo(options)));
  if (taken.length === 0) return;
  const other = await suggestion(options);
  const advice = other === null ? 'choose another --base-port' : `try --base-port ${other}`;
  throw new CliFailure(
    EXIT.unavailable,
    `${taken.length === 1 ? 'port' : 'ports'} ${[...taken].sort().join(', ')} already in use by another program (another demo?): stop it, or ${advice}.`,
  );
}

async function suggestion(options: DemoOptions): Promise<number | null> {
  for (let step = 1; step <= DEMO_SUGGESTIONS_MAX; step += 1) {
    const basePort = options.basePort + step * SUGGESTION_STEP;
    const ports = portsOf(planDemo({ ...options, basePort }));
    if (Math.max(...ports) < 2 ** 16 && (await takenPorts(ports)).length === 0) return basePort;
  }
  return null;
}

/** A demo's size is in its data: other nodes would found another cluster. */
async function prepareDirectory(dataDir: string, nodes: number): Promise<void> {
  const names = await namesIn(dataDir);
  const found = Array.from({ length: DEMO_NODES_MAX }, (_, at) => at + 1).filter((number) =>
    names.includes(`n${number}`),
  ).length;
  const [stranger] = names;
  if (found === 0 && stranger !== undefined) {
    throw new CliFailure(
      EXIT.wrongConfiguration,
      `--data-dir ${dataDir} is no demo's, and it is not empty either: it holds ${stranger}. Choose a directory that is empty or does not exist.`,
    );
  }
  if (found !== 0 && found !== nodes) {
    throw usageFailure(
      `${dataDir} holds a demo of ${found} nodes: use --nodes ${found}, or another directory.`,
    );
  }
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliFailure(EXIT.wrongConfiguration, `--data-dir cannot be created: ${why}.`);
  }
}

/** None if there is no such directory; what it is otherwise, making it will tell. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}

class Demo {
  readonly #plan: readonly PlannedNode[];
  readonly #context: CliContext;
  readonly #screen: ReturnType<typeof demoScreen>;
  readonly #presences: Presences;
  readonly #hand: DemoHand;
  readonly #page: PageServer;
  #nodes: DemoNode[] = [];
  #link = '';
  /** The newest one. */
  #leader: { readonly node: PlannedNode; readonly term: number } | null = null;
  #isReady = false;
  #isStopping = false;
  #allEnded: () => void = () => {};

  constructor(plan: readonly PlannedNode[], context: CliContext, pagePort: number) {
    this.#plan = plan;
    this.#context = context;
    this.#screen = demoScreen(context.isTty);
    const presences = new Presences(plan.map(({ id }) => id));
    this.#presences = presences;
    this.#hand = new DemoHand({
      presences,
      node: (id) => this.#nodes.find((node) => node.plan.id === id) ?? null,
      restart: (id) => this.#restart(id),
      interrupted: context.interrupted,
    });
    this.#page = new PageServer({ port: pagePort, plan, presences, orders: this.#hand });
  }

  async run(place: string): Promise<ExitCode> {
    const { interrupted } = this.#context;
    const everyoneEnded = new Promise<void>((done) => {
      this.#allEnded = done;
    });
    this.#link = await this.#page.listen();
    this.#nodes = this.#plan.map((node) => this.#started(node));
    const pids = this.#nodes.map(({ pid }) => pid);
    this.#context.write(this.#screen.opening(this.#plan, pids, place));
    const lateNotice = setTimeout(() => this.#tellNoLeader(), NO_LEADER_AFTER_MS);
    await Promise.race([everyoneEnded, aborted(interrupted)]);
    clearTimeout(lateNotice);
    this.#isStopping = true;
    const ended = this.#nodes.filter(({ hasEnded }) => hasEnded).map(({ plan }) => plan);
    const restarted = await takenPorts(portsOf(ended));
    await Promise.all([
      this.#page.close(),
      ...this.#nodes.map((node) => node.stop(STOP_PATIENCE_MS)),
    ]);
    if (!interrupted.aborted) {
      throw new CliFailure(EXIT.unavailable, 'no node is left; the lines above say why.');
    }
    const kept = place.includes('temporary') ? 'and the data removed.' : `${place} kept.`;
    const others = ended.filter(({ port }) => restarted.includes(port)).map(({ id }) => id);
    this.#context.write(this.#screen.closing(kept, others));
    return EXIT.clean;
  }

  #started(plan: PlannedNode): DemoNode {
    const node: DemoNode = new DemoNode(this.#context.self, plan, (news) => this.#hear(node, news));
    return node;
  }

  #restart(id: string): void {
    this.#nodes = this.#nodes.map((node) =>
      node.plan.id === id && node.hasEnded ? this.#started(node.plan) : node,
    );
  }

  #hear(from: DemoNode, news: NodeNews): void {
    const node = from.plan;
    if (this.#isStopping) return;
    if (news.type === 'ended') this.#ended(from, news.how);
    else this.#context.write(this.#screen.news(node, news, new Date()));
    if (news.type !== 'role' || news.role !== 'leader') return;
    const isFirst = this.#leader === null;
    this.#leader = { node, term: news.term };
    if (isFirst) void this.#untilServed();
  }

  /** When all are gone by themselves, so is the demo; who kills by hand may start them again. */
  #ended(node: DemoNode, how: string): void {
    const { plan } = node;
    const isByHand = this.#hand.hasKilled(node);
    const again = [...this.#context.self, ...plan.argv];
    this.#context.write(this.#screen.ended(plan, how, again));
    this.#presences.tell(plan.id, {
      ...{ presence: 'dead', isByHand, how: isByHand ? 'was killed' : how },
    });
    const isLast = this.#nodes.every((each) => each.hasEnded || each === node);
    if (isLast && !isByHand) this.#allEnded();
  }

  /** Says "ready" once, when a leader has proven that it answers. */
  async #untilServed(): Promise<void> {
    while (this.#leader !== null && !this.#isStopping) {
      const { node, term } = this.#leader;
      if (await isServed(node.url, this.#context.interrupted)) {
        this.#isReady = true;
        const pid = this.#nodes.find(({ plan }) => plan === node)?.pid;
        const leader = { id: node.id, pid, term };
        this.#context.write(this.#screen.ready(this.#plan, leader, this.#link));
        return;
      }
      await pause(READY_POLL_MS);
    }
  }

  #tellNoLeader(): void {
    if (this.#isReady) return;
    this.#context.writeError(
      'No leader yet. A majority of the nodes must run and reach each other; the lines above say more.\n',
    );
  }
}

async function isServed(url: string, interrupted: AbortSignal): Promise<boolean> {
  try {
    const { status } = await askOverHttp(`${url}/readyz`, {
      timeoutMs: READY_TIMEOUT_MS,
      interrupted,
    });
    return status === 200;
  } catch {
    return false;
  }
}
