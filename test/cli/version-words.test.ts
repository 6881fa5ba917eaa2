import { expect, it } from 'vitest';
import { versionLines } from '../../src/cli/words/version-words.ts';
import { statusJson } from '../../src/server/store/status-json.ts';
import { LocalReplica } from '../server/local-replica.ts';

function told(replica: LocalReplica): readonly string[] {
  const clock = { wallTimeMs: () => 0 };
  const status = statusJson({ replica, clock, kv: { revision: 1 }, version: '9.9.9' });
  return versionLines(JSON.parse(JSON.stringify(status)));
}

it('[UP3] status says who holds the others up while members know different things', () => {
  const replica = new LocalReplica();
  const { link } = replica;
  expect(told(replica)).toEqual([]);
  replica.link = { ...link, versions: { protocol: 3, machine: 1 } };
  expect(told(replica)).toEqual([
    'n1: what needs more than version 1 of the store and peer protocol 3 waits for n9\n',
  ]);
});

it('[UP3] nothing is said of a member that was never heard, and it lowers nothing that is said of others', () => {
  const replica = new LocalReplica();
  replica.link = { ...replica.link, versions: null };
  expect(told(replica)).toEqual([]);
  const silent = { peer: 'n2', versions: null };
  const old = { peer: 'n3', versions: { protocol: 4, machine: 1 } };
  const versions = { protocol: 4, machine: 2, lowest: { protocol: 3, machine: 1 } };
  expect(versionLines({ id: 'n1', versions, links: [silent, old] })).toEqual([
    'n1: what needs more than version 1 of the store and peer protocol 4 waits for n3\n',
  ]);
});

it('[UP3] nothing is said of what says nothing, or is none of ours', () => {
  const other = { protocol: 4, machine: 2, lowest: { protocol: 3, machine: 1 } };
  for (const status of [
    {},
    { id: 'n1', versions: null, links: [] },
    { id: 'n1', versions: other },
    {
      id: 'n1',
      versions: { ...other, machine: 'none' },
      links: [{ peer: 'n2', versions: other.lowest }],
    },
  ]) {
    expect(versionLines(status)).toEqual([]);
  }
  const hostile = {
    id: '\u001b[31m',
    versions: other,
    links: [{ peer: 'n2', versions: other.lowest }, 8],
  };
  expect(versionLines(hostile)).toEqual([expect.stringMatching(/^\\u001b\[31m: what .* n2\n$/)]);
});
