/** What a demo hears of a node, whose environment is that of the demo. */
import { expect, it, vi } from 'vitest';
import { DemoNode, type NodeNews } from '../../src/cli/demo/demo-node.ts';
import { planDemo } from '../../src/cli/demo/demo-plan.ts';
import { scratch } from './scratch.ts';

it('[CL20] [OP8] a demo has its nodes write the log that it can read, and hands no certificates of another server on', async () => {
  vi.stubEnv('RAFTCHART_LOG_FORMAT', 'text');
  vi.stubEnv('RAFTCHART_TLS_CERT', 'another.pem');
  const dataDir = scratch();
  const options = { nodes: 1, basePort: 4100, dataDir, isTemporary: false, clusterId: 'demo-1' };
  const [plan] = planDemo(options);
  if (plan === undefined) throw new Error('a demo of one has a node');
  const says =
    "const named = Object.entries(process.env).filter(([name]) => name.startsWith('RAFTCHART_'));" +
    "console.error(named.map((each) => each.join('=')).sort().join(' ')); process.exit()";
  const news: NodeNews[] = [];
  new DemoNode([process.execPath, '-e', says], plan, (each) => news.push(each));
  await expect.poll(() => news.length).toBe(2);
  vi.unstubAllEnvs();
  const text = 'RAFTCHART_LOG_FORMAT=json RAFTCHART_LOG_LEVEL=info';
  expect(news[0]).toEqual({ type: 'said', text });
});
