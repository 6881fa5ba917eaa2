/** Of the contract of a log store: who it is for, how often it was started, and whom it remembers (ST5, ST13, ST14). */
import { foundingMembership, staticConfiguration } from '../../core/configuration.ts';
import { LOG_EMPTY } from '../../core/log-shape.ts';
import { INDEX_ZERO, nodeId } from '../../core/types.ts';
import { append, hard, OWNER, peer, run, write } from './log-operations.ts';
import type { StoreHarness } from './store-harness.ts';

export function identityTests({ it, expect, newPlace, start, stored }: StoreHarness): void {
  it('[ST13] a new store is empty and at its first boot', async () => {
    const { recovered } = await start(await newPlace());
    const { identity, ...rest } = recovered;
    expect(rest).toEqual({
      hardState: { term: 0, votedFor: null },
      log: LOG_EMPTY,
      commitIndex: 0,
      configuration: OWNER.founding,
      membership: foundingMembership(OWNER.founding, INDEX_ZERO),
      configurations: [],
      snapshot: null,
      peers: [],
      isNew: true,
    });
    expect(identity).toMatchObject({ clusterId: 'c1', nodeId: 'n1', boots: 1 });
    expect(identity.incarnation).toMatch(/^[0-9a-f]{16}$/);
    expect(identity.lineage).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  });

  it('[ST13] every start adds one boot, has a new word, and keeps the incarnation', async () => {
    const place = await newPlace();
    let { store, recovered } = await start(place);
    const first = recovered.identity;
    const words = new Set(first.lineage);
    for (let boots = 2; boots <= 4; boots += 1) {
      await store.close();
      ({ store, recovered } = await start(place));
      expect(recovered.isNew).toBe(false);
      expect(recovered.identity).toMatchObject({ boots, incarnation: first.incarnation });
      expect(recovered.identity.lineage).toHaveLength(1);
      for (const word of recovered.identity.lineage) words.add(word);
    }
    expect(words.size).toBe(4);
  });

  it('[ST13] [CF5] the founding configuration stays; whoever names other members is refused', async () => {
    const { place, store } = await stored();
    await store.close();
    const founding = staticConfiguration([nodeId('n1')]);
    await expect(place.store().open({ ...OWNER, founding })).rejects.toMatchObject({
      code: 'RAFT_WRONG_IDENTITY',
      message: expect.stringContaining('a cluster of n1, n2, n3, but this start names n1 '),
    });
    const again = place.store();
    const { configuration, identity } = await again.open(OWNER);
    await again.close();
    expect(configuration).toEqual(OWNER.founding);
    expect(identity.boots).toBe(2);
  });

  it('[CF8] a run larger than this node may send is refused, and changes nothing', async () => {
    const largest = run(1, 1, ['a'.repeat(1_000), 'b']);
    const { place, store } = await stored([hard(1), append(largest, run(1, 3, ['c']))]);
    await store.close();
    const bytes = largest.bytes.length;
    await expect(place.store().open({ ...OWNER, runBytesMax: bytes - 1 })).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
      message: expect.stringContaining(`is ${bytes - 1} now: a leader could not send them.`),
    });
    const again = place.store();
    const { identity } = await again.open({ ...OWNER, runBytesMax: bytes });
    await again.close();
    expect(identity.boots).toBe(2);
  });
}

export function ownerAndPeerTests({ it, expect, start, stored }: StoreHarness): void {
  const others = {
    cluster: { ...OWNER, clusterId: 'c2' },
    node: { ...OWNER, nodeId: 'n2' },
  };
  for (const [other, owner] of Object.entries(others)) {
    it(`[ST5] refuses another ${other}, and stays as it was`, async () => {
      const { place, store } = await stored([hard(1), append(run(1, 1, ['a']))]);
      await store.close();
      const wrong = { code: 'RAFT_WRONG_IDENTITY' };
      await expect(place.store().open(owner)).rejects.toMatchObject(wrong);
      const { recovered } = await start(place);
      expect(recovered.identity.boots).toBe(2);
      expect(recovered.log.lastIndex).toBe(1);
    });
  }

  it('[ST14] remembers the newest boot of each peer over restarts', async () => {
    const { store, restart } = await stored([hard(1)]);
    await store.rememberPeer(peer('n2', 1));
    await Promise.all([
      write(store, [append(run(1, 1, ['a']))]),
      store.rememberPeer(peer('n3', 4)),
      store.rememberPeer(peer('n2', 2)),
      store.rememberPeer(peer('n2', 3)),
    ]);
    const { recovered } = await restart();
    expect(new Map(recovered.peers.map((each) => [each.nodeId, each]))).toEqual(
      new Map([peer('n2', 3), peer('n3', 4)].map((each) => [each.nodeId, each])),
    );
    expect(recovered.log.lastIndex).toBe(1);
  });

  it('[ST13] refuses to be opened twice', async () => {
    const { store } = await stored();
    await expect(store.open(OWNER)).rejects.toThrow(TypeError);
  });
}
