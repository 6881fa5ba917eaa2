/**
 * A member of the cluster of `embedded.ts`: counts in its own process. Told `count` by its parent, it keeps a thousand
 * commands under way for so many seconds, and answers how many a second were carried out.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createNode, defineMachine } from '../../../src/index.ts';
import { closedLoop } from '../closed-loop.ts';

const CALLERS = 1_000;
const WARM_UP_MS = 5_000;
const [id = '', peers = '', dataDir = ''] = process.argv.slice(2);
const machine = defineMachine({
  initial: () => ({ count: 0 }),
  commands: {
    add: (state, by: number) => {
      state.count += by;
      return state.count;
    },
  },
  queries: { count: (state) => state.count },
});
const node = await createNode({ id, dataDir, machine, peers: JSON.parse(peers) });
await node.ready({ timeoutMs: 30_000 });
process.on('message', (word: 'role' | 'close' | { count: number }) => {
  if (word === 'role') process.send?.(node.role);
  else if (word === 'close') void node.close().then(() => process.disconnect());
  else void counted(word.count).then((perSecond) => process.send?.(perSecond));
});
process.send?.('ready');

async function counted(seconds: number): Promise<number> {
  const add = (): Promise<unknown> => node.propose('add', 1);
  await closedLoop(CALLERS, add, pause(WARM_UP_MS));
  const { answered, failures } = await closedLoop(CALLERS, add, pause(seconds * 1_000));
  if (failures.length > 0) throw new Error(failures[0]);
  return answered / seconds;
}
