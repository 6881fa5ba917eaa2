/** The rooms of a part. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importsAgainstLayers } from './layers.ts';
import { circlesOfRooms } from './rooms.ts';
import { listed, readTree, treeOf } from './source-tree.ts';

it('[SC35] no room needs itself through what it sees of others', () => {
  const circle = {
    'src/kv/a/one.ts': `import type { Two } from '../b/two.ts';\nimport './other.ts';`,
    'src/kv/b/two.ts': `import '../c.ts';\nimport '../../node/a/one.ts';`,
    'src/kv/c.ts': `export const later = () => import('./a/other.ts');`,
  };
  const none = {
    'src/kv/a/other.ts': `import '../limits.ts';`,
    'src/kv/d/three.ts': `import '../a/one.ts';`,
    'src/node/a/one.ts': `import '../../kv/d/three.ts';`,
    'src/index.ts': `import './kv/a/one.ts';`,
  };
  expect(listed(circlesOfRooms(treeOf({ ...circle, ...none })))).toEqual([
    'src/kv/a/one.ts:1 src/kv/a may not need src/kv/b, which needs it as well.',
    'src/kv/b/two.ts:1 src/kv/b may not need src/kv/c.ts, which needs it as well.',
    'src/kv/c.ts:1 src/kv/c.ts may not need src/kv/a, which needs it as well.',
  ]);
  expect(listed(circlesOfRooms(treeOf(none)))).toEqual([]);
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  expect(listed(circlesOfRooms(readTree(root)))).toEqual([]);
});

it('[SC14] a room of the client, and the bytes of the core, see what stands below them', () => {
  const upward = {
    'src/core/bytes/checksum.ts': `import type { EntryRun } from '../entry-run.ts';`,
    'src/client/calls/call.ts': `import type { Link } from '../connection/link.ts';`,
    'src/client/leases/lease.ts': `import { KvClient } from '../kv-client.ts';`,
  };
  const downward = {
    'src/core/bytes/short-bytes.ts': `import '../limits.ts';`,
    'src/core/entry-run.ts': `import './bytes/checksum.ts';`,
    'src/client/connection/link.ts': `import '../calls/call.ts';\nimport '../client-ports.ts';`,
    'src/client/kv-client.ts': `import { Lease } from './leases/lease.ts';`,
  };
  expect(listed(importsAgainstLayers(treeOf({ ...upward, ...downward })))).toEqual([
    'src/core/bytes/checksum.ts:1 src/core/bytes may not import src/core/entry-run.ts: it sees no other room.',
    'src/client/calls/call.ts:1 src/client/calls may not import src/client/connection/link.ts: it sees client-options.ts, client-ports.ts.',
    'src/client/leases/lease.ts:1 src/client/leases may not import src/client/kv-client.ts: it sees may-be-repeated.ts, values.',
  ]);
});
