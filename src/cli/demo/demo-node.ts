/**
 * One node of the demo: a child process that runs `serve`, heard through its log. Nothing is restarted; the
 * child holds a channel to this process and ends with it, however this one ends (CL23).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fieldsIn } from '../asking/json-fields.ts';
import type { PlannedNode } from './demo-plan.ts';

export type NodeNews =
  | {
      readonly type: 'role';
      readonly role: string;
      readonly term: number;
      readonly leader: string | null;
      readonly cause: string;
    }
  | { readonly type: 'halted'; readonly message: string }
  /** Why it could not start, or had to end. */
  | { readonly type: 'said'; readonly text: string }
  | { readonly type: 'ended'; readonly how: string };

/** The log as this process hears it. */
const HEARD = { RAFTCHART_LOG_FORMAT: 'json', RAFTCHART_LOG_LEVEL: 'info' } as const;

/** What a server of one's own is configured and guarded by: a demo on one machine asks its nodes without. */
const GUARDS = [
  'RAFTCHART_CONFIG',
  'RAFTCHART_TLS_',
  'RAFTCHART_PEER_TLS_',
  'RAFTCHART_CLUSTER_SECRET_',
];

function withoutGuards(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isGuard = (name: string): boolean => GUARDS.some((guard) => name.startsWith(guard));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isGuard(name)));
}

export class DemoNode {
  readonly plan: PlannedNode;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  constructor(
    self: readonly [string, ...string[]],
    plan: PlannedNode,
    tell: (news: NodeNews) => void,
  ) {
    this.plan = plan;
    const [program, ...first] = self;
    this.#child = spawn(program, [...first, ...plan.argv], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...withoutGuards(process.env), ...HEARD },
    });
    // Should this process end without a chance to tidy up, the last of its nodes does it.
    if (plan.isTemporary) this.#child.send({ removeAtEnd: plan.dataDir }, () => {});
    const { stderr } = this.#child;
    if (stderr !== null)
      createInterface({ input: stderr }).on('line', (line) => tell(newsOf(line)));
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        if (!this.#hasEnded) tell({ type: 'ended', how });
        this.#hasEnded = true;
        resolve();
      };
      this.#child.once('error', (error) => end(`could not be started: ${error.message}`));
      this.#child.once('close', (code, signal) => {
        end(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks, and after `patienceMs` insists. Resolves when the process is gone. */
  async stop(patienceMs: number): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill('SIGTERM');
    // One that stands still hears it only when it goes on.
    this.#child.kill('SIGCONT');
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.#ended;
    clearTimeout(insist);
  }
}

function newsOf(line: string): NodeNews {
  const fields = fieldsIn(line) ?? {};
  const { event, message, role, term, leader, cause } = fields;
  if (event === 'halted') return { type: 'halted', message: String(message) };
  if (event === 'role') {
    return {
      type: 'role',
      role: String(role),
      term: Number(term),
      leader: typeof leader === 'string' ? leader : null,
      cause: String(cause),
    };
  }
  if (event === undefined || event === 'failed' || event === 'fault')
    return { type: 'said', text: String(message ?? line) };
  return { type: 'said', text: '' };
}
