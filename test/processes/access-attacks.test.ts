/** Access on three real processes, as an attacker would try it. Needs the built files. */
import { expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { runCliProcess } from '../cli/cli-process.ts';
import { ProcessCluster } from './process-cluster.ts';

/** Statuses, each with how often it was answered. */
type Answers = Map<number | 'none', number>;

/** Asks again and again, from before the process listens until it is sure to know whom it serves. */
async function attacked(url: string): Promise<Answers> {
  const answers: Answers = new Map();
  const attack = async (method: string, path: string, body: string): Promise<void> => {
    const found = await fetch(`${url}${path}`, { method, body }).then(
      async (answer) => (await answer.arrayBuffer()) && answer.status,
      () => 'none' as const,
    );
    answers.set(found, (answers.get(found) ?? 0) + 1);
  };
  const refused = (): boolean => (answers.get(401) ?? 0) >= 60;
  for (let round = 0; !refused(); round += 1) {
    const token = JSON.stringify({ name: `mine${round}`, roles: ['root'] });
    await Promise.all([
      attack('PUT', '/kv/stolen', 'v'),
      attack('POST', '/access/tokens', token),
      attack('DELETE', '/kv/kept', ''),
    ]);
  }
  return answers;
}

it('[AC10] a member that has just started is of no more use to strangers than any other', async () => {
  const cluster = await ProcessCluster.start(3);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  const all = ['--endpoints', cluster.endpoints.join(',')];
  expect((await runCliProcess(['put', 'kept', 'v', ...all])).code).toBe(0);
  const { output } = await runCliProcess(['access', 'on', ...all]);
  const asRoot = { RAFTCHART_TOKEN: output.trim() };
  for (const id of ['n1', 'n2', 'n3', 'n1']) {
    await cluster.kill(id);
    cluster.run(id);
    const answers = await attacked(cluster.member(id).url);
    expect([...answers.keys()].filter((found) => ![401, 503, 504, 'none'].includes(found))).toEqual(
      [],
    );
  }
  const kept = await runCliProcess(['range', '--prefix', '', '-o', 'json', ...all], asRoot);
  expect(kept.output.match(/"key":"\w+"/g)).toEqual(['"key":"kept"']);
  const tokens = await runCliProcess(['token', 'list', '-o', 'json', ...all], asRoot);
  expect(JSON.parse(tokens.output)).toEqual([{ name: 'root', roles: ['root'] }]);
});
