/**
 * Random histories of one directory and its peers: starts that fail, hellos and answers that get lost, backups put in
 * its place and taken out again. Whom a peer accepts must descend from the start that it accepted last (ID2), and
 * whoever does is accepted (ID4). The production parts that keep the notes run on notes in memory.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hello, PROTOCOL_VERSION } from '../../src/core/hello.ts';
import type { KnownPeer, NodeIdentity } from '../../src/core/identity.ts';
import { LINEAGE_MAX } from '../../src/core/limits.ts';
import { INDEX_ZERO, type NodeId, nodeId } from '../../src/core/types.ts';
import { Introductions } from '../../src/node/peers/introductions.ts';
import { shownAfter } from '../../src/rules/identity.ts';
import { bootIdentity } from '../../src/storage/records/identity-file.ts';

const NODE = nodeId('n1');
const PEER = nodeId('n2');
const OTHER = nodeId('n3');
const PEERS = [PEER, OTHER];
const MEMBERS = [NODE, ...PEERS];
const AS_MEMBERS = {
  all: MEMBERS,
  removed: [],
  configurationIndex: INDEX_ZERO,
  ownAddress: null,
  found: () => {},
};

/** What lies on a disk, and every start that led to it: the truth by which verdicts are judged. */
interface Directory {
  identity: NodeIdentity;
  readonly notes: Map<NodeId, KnownPeer>;
  ancestors: readonly string[];
}

function newDirectory(id: NodeId): Directory {
  const identity = { clusterId: 'c', nodeId: id, incarnation: `of-${id}`, boots: 0, lineage: [] };
  return { identity, notes: new Map(), ancestors: [] };
}

function copyOf({ identity, notes, ancestors }: Directory): Directory {
  return { identity, notes: new Map(notes), ancestors };
}

const PROMISES = { ownMs: 0, heard: () => {} };
const VERSIONS = {
  own: { protocol: PROTOCOL_VERSION, machine: 1 },
  machineInUse: 1,
  heard: () => {},
};

let words = 0;

function boot(directory: Directory): Introductions {
  words += 1;
  const word = words.toString(16);
  directory.identity = bootIdentity(directory.identity, word);
  directory.ancestors = [...directory.ancestors, word];
  return new Introductions({
    identity: directory.identity,
    members: AS_MEMBERS,
    known: [...directory.notes.values()],
    store: {
      rememberPeer: async (peer) => {
        directory.notes.set(peer.nodeId, peer);
      },
    },
    ...{ promises: PROMISES, versions: VERSIONS },
    run: (input) => input(),
    failed: (error) => expect.fail(String(error)),
  });
}

class History {
  readonly directory = newDirectory(NODE);
  readonly backups: Directory[] = [];
  readonly #peers = new Map(PEERS.map((peer) => [peer, newDirectory(peer)]));
  readonly #accepted = new Map<NodeId, string>();

  /** One start of a directory, which meets a peer unless it fails before. */
  async start(directory: Directory, meeting: Meeting | null): Promise<void> {
    const node = boot(directory);
    if (meeting !== null) await this.#meet(directory, node, meeting);
  }

  async #meet(directory: Directory, node: Introductions, { peer, ends }: Meeting): Promise<void> {
    const hello = await said(node, peer);
    if (ends === 'unheard') return;
    const other = this.#peers.get(peer) ?? newDirectory(peer);
    const far = boot(other);
    const last = this.#accepted.get(peer);
    const descends = last === undefined || directory.ancestors.includes(last);
    const refusal = await verdict(far, hello);
    expect(refusal === null, `${peer} knows ${last}, met ${directory.ancestors.at(-1)}`).toBe(
      descends,
    );
    if (refusal !== null) return;
    this.#accepted.set(peer, directory.ancestors.at(-1) ?? '');
    if (ends === 'answered') node.answered(peer);
    await settle();
  }
}

interface Meeting {
  readonly peer: NodeId;
  readonly ends: 'unheard' | 'unanswered' | 'answered';
}

function said(node: Introductions, peer: NodeId): Promise<Hello> {
  return new Promise((resolve) => node.introduce(peer, resolve));
}

function verdict(far: Introductions, hello: Hello): Promise<unknown> {
  return new Promise((resolve) => far.judge(hello, null, resolve));
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
}

const meeting: fc.Arbitrary<Meeting> = fc.record({
  peer: fc.constantFrom(...PEERS),
  ends: fc.constantFrom('unheard', 'unanswered', 'answered', 'answered'),
});

type Event =
  | { readonly type: 'starts'; readonly count: number; readonly meeting: Meeting | null }
  | { readonly type: 'backup' }
  /** Runs a backup for a while, then the directory comes back; `which` counts from the newest. */
  | { readonly type: 'restore'; readonly which: number; readonly starts: readonly Meeting[] };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('starts' as const),
      count: fc.constantFrom(1, 1, 1, 2, 5, 60),
      meeting: fc.option(meeting),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'backup' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('restore' as const),
      which: fc.nat(3),
      starts: fc.array(meeting, { maxLength: 4 }),
    }),
  },
);

async function carryOut(history: History, step: Event): Promise<void> {
  const { directory, backups } = history;
  if (step.type === 'backup') {
    backups.push(copyOf(directory));
  } else if (step.type === 'restore') {
    const backup = backups.at(-1 - step.which);
    if (backup === undefined) return;
    const running = copyOf(backup);
    for (const each of step.starts) await history.start(running, each);
  } else {
    for (let start = 0; start < step.count; start += 1)
      await history.start(directory, step.meeting);
  }
}

describe('whoever descends from the start met last, and nobody else, is accepted', () => {
  it('[ID2] [ID4] in random histories of starts, losses and backups', async () => {
    const property = fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (steps) => {
      const history = new History();
      // Past the bound of what is shown and never answered nothing is promised.
      const unanswered = steps.reduce(
        (sum, step) => sum + (step.type === 'starts' ? step.count : 4),
        0,
      );
      fc.pre(unanswered < LINEAGE_MAX);
      for (const step of steps) await carryOut(history, step);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it.each([
    ['starts that nobody heard of', 'unanswered', null],
    ['starts that another peer accepted', 'unanswered', { peer: OTHER, ends: 'answered' }],
    ['hellos that this very peer never heard', 'answered', { peer: PEER, ends: 'unheard' }],
  ] as const)('[ID4] after a thousand %s', async (_, ends, meeting) => {
    const history = new History();
    await history.start(history.directory, { peer: PEER, ends });
    for (let start = 0; start < 1_000; start += 1) await history.start(history.directory, meeting);
    await history.start(history.directory, { peer: PEER, ends: 'answered' });
    expect(history.directory.notes.get(PEER)?.shown).toHaveLength(1);
  });

  it('[ID2] a backup is refused at its thousandth start as at its first', async () => {
    const history = new History();
    await history.start(history.directory, { peer: PEER, ends: 'answered' });
    const backup = copyOf(history.directory);
    await history.start(history.directory, { peer: PEER, ends: 'answered' });
    for (let start = 0; start < 1_000; start += 1) {
      await history.start(backup, { peer: PEER, ends: 'answered' });
    }
    await history.start(history.directory, { peer: PEER, ends: 'answered' });
  });
});

describe('notes under way', () => {
  function slow(): { readonly node: Introductions; readonly written: (() => void)[] } {
    const identity = bootIdentity(newDirectory(NODE).identity, 'aa');
    const written: (() => void)[] = [];
    const node = new Introductions({
      identity,
      members: AS_MEMBERS,
      known: [],
      store: { rememberPeer: () => new Promise((resolve) => written.push(resolve)) },
      ...{ promises: PROMISES, versions: VERSIONS },
      run: (input) => input(),
      failed: (error) => expect.fail(String(error)),
    });
    return { node, written };
  }

  function helloOf(incarnation: string, word: string): Hello {
    const identity = { clusterId: 'c', nodeId: PEER, incarnation, boots: 1, lineage: [word] };
    return {
      protocolVersion: PROTOCOL_VERSION,
      machineVersion: 1,
      identity,
      to: NODE,
      configurationIndex: INDEX_ZERO,
      purpose: 'talk',
      address: null,
    };
  }

  it('[ID1] a peer is accepted when what it proved is on disk, and not before', async () => {
    const { node, written } = slow();
    const outcomes: unknown[] = [];
    node.judge(helloOf('first', 'b1'), null, (refusal) => outcomes.push(refusal));
    node.judge(helloOf('first', 'b1'), null, (refusal) => outcomes.push(refusal));
    await settle();
    expect(outcomes).toEqual([]);
    for (const done of written) done();
    await settle();
    expect(outcomes).toEqual([null, null]);
  });

  it('[ID7] [A10] of two directories under one name that call at once, the second is refused', async () => {
    const { node, written } = slow();
    const outcomes: unknown[] = [];
    node.judge(helloOf('first', 'b1'), null, (refusal) => outcomes.push(refusal));
    node.judge(helloOf('second', 'b2'), null, (refusal) => outcomes.push(refusal));
    for (const done of written) done();
    await settle();
    expect(outcomes).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('another data directory') }),
      null,
    ]);
  });

  it('[ID6] nothing is said before it is on disk that the peer may know it', async () => {
    const { node, written } = slow();
    const hellos: Hello[] = [];
    node.introduce(PEER, (hello) => hellos.push(hello));
    node.introduce(PEER, (hello) => hellos.push(hello));
    await settle();
    expect(hellos).toEqual([]);
    for (const done of written) done();
    await settle();
    expect(hellos.map(({ identity }) => identity.lineage)).toEqual([['aa'], ['aa']]);
    node.introduce(PEER, (hello) => hellos.push(hello));
    expect(hellos).toHaveLength(3);
  });
});

it('[ID6] no more starts are named than a frame holds, and the oldest is always among them', () => {
  let shown: readonly string[] = ['met'];
  for (let start = 1; start <= 2 * LINEAGE_MAX; start += 1) {
    const own = { ...newDirectory(NODE).identity, boots: start, lineage: [`${start}`] };
    shown = shownAfter(own, shown);
    expect(shown.length).toBe(Math.min(start + 1, LINEAGE_MAX));
    expect([shown[0], shown.at(-1)]).toEqual(['met', `${start}`]);
    expect(shownAfter(own, shown)).toEqual(shown);
  }
});
