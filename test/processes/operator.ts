/** What an operator of a cluster does, and sees: by the command line, at the members that run. */
import { type CliProcess, logLines, runCliProcess } from '../cli/cli-process.ts';
import { eventually, type Members, type ProcessCluster } from './process-cluster.ts';

interface Ended {
  readonly code: number | string;
  readonly output: string;
  readonly errors: string;
}

/** How a former member is told of it. */
const REMOVED = /was removed from (its|this) cluster|was a member before and was removed/;

/** However busy the machine is: what is waited for comes, and the whole test has a bound of its own. */
const PATIENCE_MS = 300_000;

export class Operator {
  readonly #cluster: ProcessCluster;
  /** Every failure that it was told, for whoever wants to judge them. */
  readonly failures: string[] = [];

  constructor(cluster: ProcessCluster) {
    this.#cluster = cluster;
  }

  /** `raftchart WORDS`, once. */
  ask(...words: readonly string[]): Promise<Ended> {
    const { members } = this.#cluster;
    const running = members.filter(({ id }) => this.#cluster.isRunning(id));
    const endpoints = running.map(({ url }) => url).join(',');
    return runCliProcess([...words, '--endpoints', endpoints, '--timeout-ms', '20000']);
  }

  /** As often as what it says allows. */
  async insist(...words: readonly string[]): Promise<string> {
    for (let times = 0; ; times += 1) {
      const { code, output, errors } = await this.ask(...words, '-o', 'json');
      if (code === 0) return output;
      this.failures.push(`${words.join(' ')}: ${code} ${errors.trim()}`);
      const { retry } = JSON.parse(errors) as { readonly retry: string };
      if (retry === 'never' || times > 100) throw new Error(`${words.join(' ')}: ${errors}`);
    }
  }

  /** As a member sees it that leads. */
  members(): Promise<Members> {
    return eventually(PATIENCE_MS, 'a leader to answer', async () => {
      const status = await this.#cluster.status(await this.#cluster.leader(PATIENCE_MS));
      return status?.role === 'leader' && status.members;
    });
  }

  /** Waits until no change of members is under way any more. */
  settled(): Promise<Members> {
    return eventually(PATIENCE_MS, 'the members to be settled', async () => {
      const members = await this.members();
      return !members.joint && members;
    });
  }

  /** Starts a node that joins, and waits until it votes. */
  async join(id: string): Promise<void> {
    await this.untilJoined(await this.#cluster.join(id), id);
  }

  /** Who was killed while it joined may have been left a learner: then it is promoted, as one would. */
  async untilJoined(node: CliProcess, id: string): Promise<void> {
    await eventually(PATIENCE_MS, `${id} to join`, async () => {
      const { learners, voters } = await this.members();
      const isKnown = voters.includes(id) || learners.includes(id);
      return isKnown && (voters.includes(id) || logLines(node.errors(), 'joined').length > 0);
    });
    const { voters } = await this.settled();
    if (!voters.includes(id)) await this.insist('member', 'promote', id);
  }

  /**
   * Waits until a member that was removed has ended by itself, or, if it was down when it went, is told by the others to be
   * stopped, and stops it.
   */
  async untilRemoved(id: string): Promise<void> {
    const isTold = (): boolean =>
      logLines(this.#cluster.log(id), 'peer').some(({ reason }) => REMOVED.test(String(reason)));
    await eventually(PATIENCE_MS, `${id} to know that it was removed`, async () => {
      return !this.#cluster.isRunning(id) || isTold();
    });
    if (isTold()) await this.#cluster.kill(id);
    const [code, lastLine] = await this.#cluster.end(id);
    if (code === 'SIGKILL' || (code === 78 && REMOVED.test(lastLine))) return;
    throw new Error(`${id} ended with ${code}: ${lastLine}`);
  }

  /** Of the newest write that has taken effect. Others may be under way, of which nobody knows. */
  revision(): Promise<number> {
    return eventually(PATIENCE_MS, 'a revision', async () => {
      const leader = await this.#cluster.leader(PATIENCE_MS);
      const answer = await fetch(`${this.#cluster.member(leader).url}/kv?limit=1`).catch(
        () => null,
      );
      return answer?.status === 200 && (await answer.json()).revision;
    });
  }

  /** All keys at a revision, as each running member holds them itself; one state, if all hold the same. */
  async statesAt(revision: number): Promise<ReadonlySet<string>> {
    const members = this.#cluster.members.filter(({ id }) => this.#cluster.isRunning(id));
    const states = members.map(({ id, url }) =>
      eventually(PATIENCE_MS, `${id} to hold revision ${revision}`, () => stateAt(url, revision)),
    );
    return new Set(await Promise.all(states));
  }
}

/** `null`: it has not come so far yet. */
async function stateAt(url: string, revision: number): Promise<string | null> {
  const pages: string[] = [];
  for (let start = '', isMore = true; isMore; ) {
    const which = `revision=${revision}&start=${encodeURIComponent(start)}`;
    const answer = await fetch(`${url}/kv?consistency=local&${which}`).catch(() => null);
    if (answer?.status !== 200) return null;
    const { kvs, more } = await answer.json();
    pages.push(JSON.stringify(kvs));
    isMore = more;
    start = `${kvs.at(-1)?.key}\0`;
  }
  return pages.join('\n');
}
