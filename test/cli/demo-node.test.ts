/** What a demo hears of a node, whose environment is that of the demo. */
import { expect, it, vi } from 'vitest';
import { DemoNode, type NodeNews } from '../../src/cli/demo/demo-node.ts';
import { planDemo } from '../../src/cli/demo/demo-plan.ts';
import { scratch } from './scratch.ts';

it('[OP8] a demo has its nodes write the log that it can read, whatever the environment says', async () => {
  vi.stubEnv('RAFTCHART_LOG_FORMAT', 'text');
  vi.stubEnv('RAFTCHART_LOG_LEVEL', 'error');
  const dataDir = scratch();
  const options = { nodes: 1, basePort: 4100, dataDir, isTemporary: false, clusterId: 'demo-1' };
  const [plan] = planDemo(options);
  if (plan === undefined) throw new Error('a demo of one has a node');
  const says =
    'console.error(process.env.RAFTCHART_LOG_FORMAT, process.env.RAFTCHART_LOG_LEVEL); process.exit()';
  const news: NodeNews[] = [];
  new DemoNode([process.execPath, '-e', says], plan, (each) => news.push(each));
  await expect.poll(() => news.length).toBe(2);
  vi.unstubAllEnvs();
  expect(news[0]).toEqual({ type: 'said', text: 'json info' });
});
