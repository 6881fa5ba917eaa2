import { describe, expect, it } from 'vitest';
import { type Hello, PROTOCOL_VERSION } from '../../src/core/hello.ts';
import type { NodeIdentity, PeerBoot } from '../../src/core/identity.ts';
import { MEMBERS_MAX } from '../../src/core/limits.ts';
import { index, nodeId } from '../../src/core/types.ts';
import { Introductions } from '../../src/node/peers/introductions.ts';
import { judgeHello, type Refusal } from '../../src/rules/identity.ts';

const n1 = nodeId('n1');
const n2 = nodeId('n2');
const n4 = nodeId('n4');

function identity(of: Partial<NodeIdentity> = {}): NodeIdentity {
  return { clusterId: 'c', nodeId: n2, incarnation: 'i', boots: 2, lineage: ['a', 'b'], ...of };
}

function judge(
  hello: Partial<Hello>,
  context: { met?: PeerBoot | null; connectedBoot?: string | null } = {},
) {
  return judgeHello(
    {
      own: identity({ nodeId: n1, incarnation: 'own' }),
      members: [n1, n2],
      removed: [n4],
      machineInUse: 2,
      newcomers: [],
      configurationIndex: index(7),
      met: context.met ?? null,
      connectedBoot: context.connectedBoot ?? null,
    },
    {
      protocolVersion: PROTOCOL_VERSION,
      machineVersion: 2,
      identity: identity(),
      to: n1,
      configurationIndex: index(0),
      purpose: 'talk',
      address: null,
      ...hello,
    },
  );
}

const MET: PeerBoot = { incarnation: 'i', boots: 2, word: 'b' };

describe('whom to believe', () => {
  it('[ID1] a peer never met is remembered before it counts', () => {
    expect(judge({})).toEqual({ type: 'remember', met: MET });
  });

  it('[ID1] [A8] another directory under the name is refused with the repair', () => {
    const verdict = judge({ identity: identity({ incarnation: 'new' }) }, { met: MET });
    expect(verdict).toMatchObject({ type: 'refuse' });
    expect(JSON.stringify(verdict)).toContain('put the old directory back');
  });

  it('[ID2] [G12] an older copy is refused, however often it is restarted', () => {
    for (let restarts = 1; restarts < 10; restarts += 1) {
      const lineage = ['a', ...Array.from({ length: restarts }, (_, at) => `copy-${at}`)];
      const restored = identity({ boots: lineage.length, lineage });
      expect(judge({ identity: restored }, { met: MET })).toMatchObject({ type: 'refuse' });
    }
  });

  it('[ID2] a start is believed only if it is a later one than that met, whatever its lineage says', () => {
    const lineage = ['b', 'c'];
    const judged = [1, 2, 3].map((boots) =>
      judge({ identity: identity({ boots, lineage }) }, { met: MET }),
    );
    expect(judged.map(({ type }) => type)).toEqual(['refuse', 'refuse', 'remember']);
  });

  it('[ID3] [A10] a second process is refused while the first is connected', () => {
    const second = identity({ boots: 3, lineage: ['a', 'b', 'c'] });
    const verdict = judge({ identity: second }, { met: MET, connectedBoot: 'b' });
    expect(verdict).toMatchObject({ type: 'refuse' });
    expect(judge({}, { met: MET, connectedBoot: 'b' })).toEqual({ type: 'accept' });
  });

  it.each([
    ['another cluster', { identity: identity({ clusterId: 'other' }) }, '--peers'],
    ['another protocol', { protocolVersion: PROTOCOL_VERSION + 1 }, 'same version'],
    ['another node', { to: nodeId('n9') }, 'check the address'],
    ['the own name', { identity: identity({ nodeId: n1 }) }, 'one --id'],
    ['no member', { identity: identity({ nodeId: nodeId('n9') }) }, 'not a member'],
  ])('[ID5] [A11] %s is refused with what to check', (_, hello, sentence) => {
    const verdict = judge(hello);
    expect(verdict).toMatchObject({ type: 'refuse', said: expect.stringContaining(sentence) });
  });

  it('[UP5] a member that knows less than the log needs is refused with what to do', () => {
    const said = expect.stringMatching(/n2 knows version 1 .* needs 2: start n2 with the build/);
    expect(judge({ machineVersion: 1 })).toMatchObject({ type: 'refuse', said });
  });

  it('[ID9] whoever does not name the cluster is told nothing of this node', () => {
    const stranger = identity({ clusterId: 'other' });
    for (const hello of [{ identity: stranger }, { identity: stranger, to: nodeId('n9') }]) {
      const verdict = judge(hello);
      expect(verdict).toMatchObject({ reason: expect.stringContaining('cluster other, not c:') });
      expect(verdict).toMatchObject({ said: expect.not.stringMatching(/n1|\bc\b|other/) });
    }
  });

  it('[ID9] whoever looks for another node is not told which one this is', () => {
    const verdict = judge({ to: nodeId('n9') });
    expect(verdict).toMatchObject({ said: expect.not.stringContaining('n1') });
  });
});

it('[MC11] callers that are no members are believed for a newer configuration, as many as can be members, and no more', async () => {
  const own = identity({ nodeId: n1, incarnation: 'own' });
  const all = [n1, n2];
  const written: string[] = [];
  const introductions = new Introductions({
    identity: own,
    members: {
      get all() {
        return all;
      },
      configurationIndex: index(7),
      found: () => {},
      ownAddress: null,
      removed: [],
    },
    known: [],
    promises: { heard: () => {}, ownMs: 0 },
    versions: { heard: () => {}, machineInUse: 1, own: { protocol: PROTOCOL_VERSION, machine: 1 } },
    store: { rememberPeer: async ({ nodeId: name }) => void written.push(name) },
    run: (input) => input(),
    failed: (error) => expect(error).toBeNull(),
  });
  const judged = (name: string): Promise<Refusal | null> =>
    new Promise((resolve) =>
      introductions.judge(
        {
          ...{
            protocolVersion: PROTOCOL_VERSION,
            machineVersion: 1,
            purpose: 'talk',
            address: null,
          },
          identity: identity({ nodeId: nodeId(name) }),
          ...{ to: n1, configurationIndex: index(8) },
        },
        null,
        resolve,
      ),
    );
  const callers = Array.from({ length: MEMBERS_MAX }, (_, at) => `m${at}`);
  for (const name of callers) expect(await judged(name)).toBeNull();
  expect((await judged('m64'))?.said).toContain('call here that are no members');
  expect([await judged('m7'), await judged('n2')]).toEqual([null, null]);
  expect(new Set(written)).toEqual(new Set([...callers, 'n2']));
  // One of them has become a member.
  all.push(nodeId('m7'));
  expect([await judged('m64'), (await judged('m65')) === null]).toEqual([null, false]);
});
