/** Founding by number: each rule by itself, all that can happen to three nodes, and 10,000 worlds with kills and lost disks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FoundingState,
  type FoundingWord,
  NOTHING_FOUNDED,
  type Proposal,
} from '../../src/core/founding.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import { nextFoundingState, takenBack } from '../../src/rules/founding.ts';

const EXPECTED = 3;

function word(id: string, state: FoundingState = NOTHING_FOUNDED, incarnation = '1'): FoundingWord {
  const self = { id: nodeId(id), incarnation, address: `${id}:1` };
  return { cluster: 'c', expected: EXPECTED, self, state };
}

function proposal(ids: readonly string[], round = 1): Proposal {
  const members = ids.map((id) => word(id).self);
  const [first = word('n1').self] = members;
  return { founder: { id: first.id, incarnation: '1' }, round, members };
}

const promisedTo = (ids: readonly string[], round = 1, own = 0): FoundingState => ({
  round: own,
  promised: proposal(ids, round),
  foundation: null,
});

function next(own: FoundingWord, ...words: readonly FoundingWord[]): FoundingState | null {
  return nextFoundingState(own, new Map(words.map((each) => [each.self.id, each])));
}

const ALL = ['n1', 'n2', 'n3'];
const foundedBy = (ids: readonly string[]): FoundingState => ({
  ...promisedTo(ids),
  foundation: proposal(ids),
});

describe('one node', () => {
  it('[FO2] proposes exactly the lowest of those that are free, if it is their lowest and they are enough', () => {
    const four = ['n2', 'n3', 'n4'].map((id) => word(id));
    expect(next(word('n1'), ...four)).toEqual(promisedTo(ALL, 1, 1));
    expect(next(word('n1'), word('n2'))).toBeNull();
    expect(next(word('n2'), word('n1'), word('n3'))).toBeNull();
    expect(next(word('n1'), word('n2'), word('n3', promisedTo(['n3', 'n4', 'n5'])))).toBeNull();
    expect(next(word('n1'), word('n2'), { ...word('n3'), cluster: 'd' })).toBeNull();
    expect(next(word('n1'), word('n2'), { ...word('n3'), expected: 5 })).toBeNull();
    const later = word('n1', { ...NOTHING_FOUNDED, round: 4 });
    expect(next(later, ...four)).toEqual(promisedTo(ALL, 5, 5));
  });

  it('[FO3] promises itself once, to the lowest founder that asks for this very directory', () => {
    const one = word('n1', promisedTo(['n1', 'n3', 'n4'], 1, 1));
    const two = word('n2', promisedTo(['n2', 'n3', 'n4'], 1, 1));
    expect(next(word('n3'), two, one)?.promised).toEqual(one.state.promised);
    expect(next(word('n3', promisedTo(['n2', 'n3', 'n4'])), one)).toBeNull();
    expect(next(word('n3', NOTHING_FOUNDED, '2'), one)).toBeNull();
    expect(next(word('n5'), one)).toBeNull();
    for (const ids of [
      ['n1', 'n3'],
      ['n1', 'n2', 'n3', 'n4'],
    ]) {
      expect(next(word('n3'), word('n1', promisedTo(ids, 1, 1))), ids.join()).toBeNull();
    }
    const notLowest = { ...proposal(ALL), founder: { id: nodeId('n2'), incarnation: '1' } };
    const claims = word('n2', { round: 1, promised: notLowest, foundation: null });
    expect(next(word('n3'), claims)).toBeNull();
    expect(next(word('n3'), word('n2', promisedTo(ALL)))).toBeNull();
  });

  it('[FO4] takes its proposal back under another round, for a lower founder, for a member that is lost, or out of patience', () => {
    const ids = ['n2', 'n3', 'n4'];
    const own = word('n2', promisedTo(ids, 1, 1));
    const back = { round: 2, promised: null, foundation: null };
    expect(takenBack(own)).toEqual(back);
    expect(next(own, word('n1', promisedTo(['n1', 'n3', 'n5'], 1, 1)))).toEqual(back);
    expect(next(own, word('n3', NOTHING_FOUNDED, '2'))).toEqual(back);
    expect(next(own, word('n3', foundedBy(['n1', 'n3', 'n5'])))).toEqual(back);
    expect(next(own, word('n1', promisedTo(['n1', 'n5', 'n6'], 1, 1)))).toBeNull();
    expect(next(own, word('n3', promisedTo(['n3', 'n4', 'n5'], 1, 1)))).toBeNull();
    expect(takenBack(word('n2', foundedBy(ids)))).toBeNull();
    expect(takenBack(word('n3', promisedTo(ids)))).toBeNull();
  });

  it('[FO5] is released by a later word of its founder alone', () => {
    const own = word('n2', promisedTo(ALL, 2));
    const toldAt = (round: number, incarnation = '1') =>
      next(own, word('n1', { ...NOTHING_FOUNDED, round }, incarnation));
    expect(toldAt(3)).toEqual({ round: 0, promised: null, foundation: null });
    expect([toldAt(1), toldAt(2), toldAt(3, '2')]).toEqual([null, null, null]);
    expect(next(own, word('n3', { ...NOTHING_FOUNDED, round: 9 }))).toBeNull();
  });

  it('[FO6] founds once all others have promised this very proposal', () => {
    const own = word('n1', promisedTo(ALL, 2, 2));
    const [two, three] = [word('n2', promisedTo(ALL, 2)), word('n3', promisedTo(ALL, 2))];
    expect(next(own, two, three)?.foundation).toEqual(proposal(ALL, 2));
    expect(next(own, two)).toBeNull();
    expect(next(own, two, word('n3', promisedTo(ALL, 1)))).toBeNull();
    expect(next(word('n2', promisedTo(ALL, 2)), word('n1', own.state), three)).toBeNull();
  });

  it('[FO7] takes a foundation that it is in, from any member, and never another', () => {
    const own = word('n2', promisedTo(ALL));
    expect(next(own, word('n3', foundedBy(ALL)))).toEqual(foundedBy(ALL));
    expect(next(word('n2', foundedBy(ALL)), word('n1', foundedBy(ALL)))).toBeNull();
    expect(next(word('n2', NOTHING_FOUNDED, '2'), word('n3', foundedBy(ALL)))).toBeNull();
    expect(() => next(word('n2'), word('n3', foundedBy(ALL)))).toThrow('FO7');
  });

  it('[FO8] neither proposes nor promises where its cluster is founded without it', () => {
    const founded = word('n9', foundedBy(['n7', 'n8', 'n9']));
    const asking = word('n1', promisedTo(ALL, 1, 1));
    expect(next(word('n1'), word('n2'), word('n3'), founded)).toBeNull();
    expect(next(word('n2'), asking, founded)).toBeNull();
    expect(next(word('n2'), asking, { ...founded, cluster: 'd' })?.promised).not.toBeNull();
  });
});

/** A node, and all that it has ever said: any of it may still be on its way to somebody. */
interface Speaker {
  readonly state: FoundingState;
  readonly said: readonly FoundingState[];
}

/** Of each other node one word of now or before, or none; a node that was killed has forgotten what it heard. */
function hearings(speakers: readonly Speaker[], listener: number): readonly FoundingWord[][] {
  let all: FoundingWord[][] = [[]];
  for (const [at, { said }] of speakers.entries()) {
    if (at === listener) continue;
    const words = said.map((state) => word(`n${at + 1}`, state));
    all = all.flatMap((heard) => [heard, ...words.map((each) => [...heard, each])]);
  }
  return all;
}

function saying({ said }: Speaker, state: FoundingState): Speaker {
  const isNew = said.every((each) => JSON.stringify(each) !== JSON.stringify(state));
  return { state, said: isNew ? [...said, state] : said };
}

/** Whatever one of them can write next. */
function successors(speakers: readonly Speaker[]): readonly (readonly Speaker[])[] {
  return speakers.flatMap((speaker, at) => {
    const own = word(`n${at + 1}`, speaker.state);
    const steps = [takenBack(own), ...hearings(speakers, at).map((words) => next(own, ...words))];
    return steps
      .filter((step) => step !== null)
      .filter(({ round }) => round <= ROUNDS_MAX)
      .map((step) => speakers.with(at, saying(speaker, step)));
  });
}

function foundationsIn(speakers: readonly Speaker[]): ReadonlySet<string> {
  const said = speakers.flatMap((speaker) => speaker.said);
  const found = said.flatMap(({ foundation }) => foundation ?? []);
  return new Set(found.map((each) => JSON.stringify(each)));
}

/** Everybody hears what everybody says now, until nothing changes. */
function settled(speakers: readonly Speaker[]): readonly FoundingState[] {
  let states = speakers.map(({ state }) => state);
  for (let round = 0; round < 10; round += 1) {
    states = states.map((state, at) => {
      const words = states.map((each, where) => word(`n${where + 1}`, each));
      return next(word(`n${at + 1}`, state), ...words.toSpliced(at, 1)) ?? state;
    });
  }
  return states;
}

/** Not in the order in which they were said, which is of no consequence. */
function keyOf(speakers: readonly Speaker[]): string {
  return JSON.stringify(
    speakers.map(({ said, state }) => [state, said.map((each) => JSON.stringify(each)).sort()]),
  );
}

/** n1 proposes twice, and takes each back. */
const ROUNDS_MAX = 4;

describe('all that can happen', () => {
  it('[FO1] to three nodes, killed at any point and hearing words of any age in any order: one foundation, which all reach', () => {
    const first = ALL.map(() => ({ state: NOTHING_FOUNDED, said: [NOTHING_FOUNDED] }));
    const seen = new Set([keyOf(first)]);
    const waiting: (readonly Speaker[])[] = [first];
    for (let speakers = waiting.pop(); speakers !== undefined; speakers = waiting.pop()) {
      if (foundationsIn(speakers).size > 1) expect.fail(`two clusters: ${keyOf(speakers)}`);
      const ends = settled(speakers).map(({ foundation }) => JSON.stringify(foundation));
      const isWhole = ends[0] !== 'null' && new Set(ends).size === 1;
      if (!isWhole) expect.fail(`no cluster of all: ${keyOf(speakers)}`);
      for (const each of successors(speakers)) {
        const key = keyOf(each);
        if (!seen.has(key)) waiting.push(each);
        seen.add(key);
      }
    }
    expect(seen.size).toBeGreaterThan(100);
  });
});

interface Living {
  readonly id: NodeId;
  incarnation: number;
  state: FoundingState;
  heard: Map<NodeId, FoundingWord>;
}

/** Nodes that say, hear, are killed and lose their disks as the numbers have it, and all foundations that were ever written. */
class World {
  readonly nodes: readonly Living[];
  readonly foundations = new Map<string, Proposal>();
  readonly #underWay: { readonly to: number; readonly word: FoundingWord }[] = [];
  directories: number;

  constructor(count: number) {
    this.directories = count;
    this.nodes = Array.from({ length: count }, (_, at) => ({
      id: nodeId(`n${at + 1}`),
      incarnation: 1,
      state: NOTHING_FOUNDED,
      heard: new Map(),
    }));
  }

  take(deed: number, which: number, whom: number): void {
    const node = this.nodes[which % this.nodes.length];
    if (node === undefined) return;
    if (deed < 40) this.#underWay.push({ to: whom % this.nodes.length, word: wordOf(node) });
    else if (deed < 75) this.#deliver(whom, deed % 3 === 0);
    else if (deed < 86) this.#write(node, nextFoundingState(wordOf(node), node.heard));
    else if (deed < 90) this.#write(node, takenBack(wordOf(node)));
    else if (deed < 97) node.heard.clear();
    else if (this.directories < 2 * EXPECTED - 1) this.#wipe(node);
  }

  /** All hear all that is said now, again and again, until it changes nothing. */
  settle(): void {
    for (let round = 0; round < 40; round += 1) {
      const before = this.nodes.map(({ state }) => state);
      for (const node of this.nodes) {
        for (const other of this.nodes) if (other !== node) node.heard.set(other.id, wordOf(other));
        this.#write(node, nextFoundingState(wordOf(node), node.heard));
      }
      if (this.nodes.every(({ state }, at) => state === before[at])) return;
    }
  }

  /** What was said may come again. */
  #deliver(which: number, isKept: boolean): void {
    const at = which % Math.max(1, this.#underWay.length);
    const [message] = isKept ? this.#underWay.slice(at, at + 1) : this.#underWay.splice(at, 1);
    const node = message && this.nodes[message.to];
    if (message === undefined || node === undefined || node.id === message.word.self.id) return;
    node.heard.set(message.word.self.id, message.word);
    this.#write(node, nextFoundingState(wordOf(node), node.heard));
  }

  #write(node: Living, state: FoundingState | null): void {
    if (state === null) return;
    node.state = state;
    const { foundation } = state;
    if (foundation !== null) this.foundations.set(JSON.stringify(foundation), foundation);
  }

  #wipe(node: Living): void {
    this.directories += 1;
    node.incarnation += 1;
    node.state = NOTHING_FOUNDED;
    node.heard.clear();
  }
}

function wordOf({ id, incarnation, state }: Living): FoundingWord {
  return word(id, state, String(incarnation));
}

const deeds = fc.array(fc.tuple(fc.nat(99), fc.nat(1_000), fc.nat(1_000)), {
  minLength: 50,
  maxLength: 400,
});

describe('in 10,000 worlds', () => {
  it('[FO9] fewer than twice as many directories as are expected found one cluster at most, and all that stay whole are in it', () => {
    let wholes = 0;
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5 }), deeds, (count, all) => {
        const world = new World(count);
        for (const deed of all) world.take(...deed);
        world.settle();
        expect(world.foundations.size).toBeLessThanOrEqual(1);
        if (world.directories > count) return;
        wholes += 1;
        expect(world.foundations.size).toBe(1);
        expect(world.nodes.filter(({ state }) => state.foundation !== null)).toHaveLength(EXPECTED);
      }),
      { numRuns: 10_000 },
    );
    expect(wholes).toBeGreaterThan(1_000);
  }, 240_000);
});
