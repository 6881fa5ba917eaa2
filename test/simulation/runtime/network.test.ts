/** The links between simulated nodes: what each direction does to what is said over it. */
import { describe, expect, it } from 'vitest';
import { type Term, term } from '../../../src/core/types.ts';
import { helloOf } from '../../../src/testing/contracts/sample-messages.ts';
import {
  type LinkQuality,
  perfectQuality,
  SimulatedNetwork,
} from '../../../src/testing/simulation/runtime/network.ts';
import { SimulatedProcess } from '../../../src/testing/simulation/runtime/process.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { SometimesLog } from '../../../src/testing/simulation/runtime/sometimes.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { encodeHello, encodeMessage } from '../../../src/transport/codec.ts';
import { Lane } from '../../../src/transport/memory-network.ts';
import { MESSAGE_CODE } from '../../../src/transport/message-fields.ts';

const A = 'a.simulated';
const B = 'b.simulated';
const MANY = 400;

/** Two addresses, and one direction between them that does what a test asks of it. */
class Stage {
  readonly clock = new VirtualClock();
  readonly sometimes = new SometimesLog();
  readonly heard: string[] = [];
  readonly left: string[] = [];
  readonly strayed: number[] = [];
  readonly resets: string[] = [];
  readonly network: SimulatedNetwork;
  process: SimulatedProcess | null = new SimulatedProcess({ name: 'b', clock: this.clock });
  isHostUp = true;

  constructor(quality: Partial<LinkQuality> = {}, seed = 'a') {
    this.network = new SimulatedNetwork({
      clock: this.clock,
      random: new SeededRandom(seed),
      processAt: (address) => (address === B ? this.process : null),
      isHostUp: () => this.isHostUp,
      leaving: ({ frames }) => this.left.push(String(frames.length)),
      sometimes: this.sometimes,
      strayed: () => this.strayed.push(this.clock.now()),
      arriving: () => {},
    });
    Object.assign(this.network.quality(A, B), quality);
    const link = { from: A, to: B, reset: (text: string) => this.resets.push(text) };
    this.network.memory.linked(link);
  }

  /** Says something by the ordinary way, as long as the link carries it. */
  say(text: string, { frames = [ping(1)], bytes = 0 } = {}): boolean {
    const { memory } = this.network;
    const isCarried = memory.carries({
      from: A,
      to: B,
      frames,
      deliver: (arrived) => this.heard.push(`${text}×${arrived.length}@${this.clock.now()}`),
    });
    if (isCarried) this.lane.add('frames', bytes, () => this.hear(text));
    return isCarried;
  }

  /** Starts a lane without asking whether the message is carried. */
  send(text: string, bytes = 0): void {
    this.lane.add('frames', bytes, () => this.hear(text));
  }

  hear(text: string): void {
    this.heard.push(`${text}@${this.clock.now()}`);
  }

  get lane(): Lane {
    this.#lane ??= new Lane(this.network.memory, { from: A, to: B });
    return this.#lane;
  }

  #lane: Lane | null = null;
}

function ping(ofTerm: number): Uint8Array {
  return encodeMessage({ type: 'Ping', term: term(ofTerm) satisfies Term }, 0);
}

function sayMany(stage: Stage): number {
  return Array.from({ length: MANY }, (_, at) => stage.say(`${at}`)).filter(Boolean).length;
}

describe('a perfect link', () => {
  it('[SI4] carries everything, once, in order, after its latency', () => {
    const stage = new Stage({ latencyMs: 3 });
    stage.say('first');
    stage.say('second');
    stage.clock.advance(2.9);
    expect(stage.heard).toEqual([]);
    stage.clock.advance(100);
    expect(stage.heard).toEqual(['first@3', 'second@3']);
    expect([stage.network.messages, stage.network.lost, stage.left.length]).toEqual([2, 0, 2]);
  });

  it('[SI4] takes longer now and then, and keeps the order all the same', () => {
    const stage = new Stage({ latencyMs: 1, jitterMs: 10 });
    for (let at = 0; at < 20; at += 1) stage.say(`${at}`);
    stage.clock.advance(1_000);
    expect(stage.heard.map((text) => Number(text.split('@')[0]))).toEqual([...Array(20).keys()]);
    const times = new Set(stage.heard.map((text) => text.split('@')[1]));
    expect(times.size).toBeGreaterThan(5);
  });

  it('[SI4] carries one direction as another cannot change it', () => {
    const { network } = new Stage({ lossRate: 1 });
    expect(network.quality(B, A)).toEqual(perfectQuality());
    expect(network.quality(A, B)).toBe(network.quality(A, B));
  });
});

describe('a bad link', () => {
  it('[SI4] loses about as many messages as it should, and never a handshake', () => {
    const stage = new Stage({ lossRate: 0.25 });
    const carried = sayMany(stage);
    expect(Math.abs(carried - 0.75 * MANY)).toBeLessThan(40);
    expect(stage.network.lost).toBe(MANY - carried);
    Object.assign(stage.network.quality(A, B), { lossRate: 1 });
    expect(stage.say('hello', { frames: [encodeHello(helloOf('a', 'b'))] })).toBe(true);
  });

  it('[SI4] doubles messages: one in order, one on its own', () => {
    const stage = new Stage({ duplicateRate: 1, latencyMs: 1 });
    stage.say('twice', { frames: [ping(1), new Uint8Array(9)] });
    stage.clock.advance(1_000);
    expect(stage.heard).toEqual(['twice@1', expect.stringMatching(/^twice×2@(1|5|50|500)$/)]);
    expect(stage.strayed.length).toBe(1);
  });

  it('[SI4] brings messages later than what was said after them', () => {
    const stage = new Stage({ reorderRate: 1, latencyMs: 2 });
    for (let at = 0; at < 40; at += 1) stage.say(`${at}`);
    stage.clock.advance(10_000);
    const order = stage.heard.map((text) => Number(text.split('×')[0]));
    expect([...order].sort((left, right) => left - right)).toEqual([...Array(40).keys()]);
    expect(order).not.toEqual([...Array(40).keys()]);
    expect(stage.strayed.length).toBe(40);
  });

  it('[SI4] brings messages of long ago once more', () => {
    const stage = new Stage({ replayRate: 1, latencyMs: 1 });
    const terms: number[] = [];
    for (let at = 1; at <= 60; at += 1) {
      const frames = [ping(at)];
      stage.network.memory.carries({
        from: A,
        to: B,
        frames,
        deliver: (arrived) => terms.push(...arrived.map((frame) => frame.at(-1) ?? 0)),
      });
    }
    stage.clock.advance(10_000);
    expect(terms.length).toBe(59);
    expect(new Set(terms).size).toBeGreaterThan(10);
  });

  it('[SI4] keeps a stray message to itself while its direction is cut, or its receiver is dead', () => {
    const cut = new Stage({ duplicateRate: 1 });
    cut.say('cut');
    cut.network.memory.cut({ from: A, to: B });
    cut.clock.advance(1_000);
    const dead = new Stage({ duplicateRate: 1 });
    dead.say('dead');
    dead.process?.kill();
    dead.clock.advance(1_000);
    expect([...cut.heard, ...dead.heard]).toEqual([]);
  });

  it('[SI4] breaks in the middle of a message: some of its frames arrive, never all, then both ends hear of it', () => {
    const arrived = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const stage = new Stage({ breakRate: 1 }, `${seed}`);
      const frames = [ping(1), new Uint8Array(9), new Uint8Array(9)];
      expect(stage.say('whole', { frames })).toBe(false);
      expect(stage.resets).toEqual([]);
      stage.clock.advance(1_000);
      expect(stage.resets).toEqual(['the connection was reset']);
      expect(stage.sometimes.seen).toEqual(['a connection breaks in the middle of a message']);
      arrived.add(stage.heard.map((text) => text.split('@')[0]).join());
    }
    expect([...arrived].sort()).toEqual(['', 'whole×1', 'whole×2']);
  });

  it('[SI4] is deaf to messages of certain codes, and hears the others', () => {
    const stage = new Stage();
    stage.network.quality(A, B).blockedCodes.add(MESSAGE_CODE.Ping);
    const vote = encodeMessage({ type: 'RequestVoteReply', term: term(1), granted: true }, 0);
    expect([stage.say('ping'), stage.say('vote', { frames: [vote] })]).toEqual([false, true]);
    expect(stage.network.lost).toBe(1);
  });

  it('[SI4] that is clogged lets nothing through, and then everything', () => {
    const stage = new Stage({ cloggedUntilMs: 50 });
    stage.say('first');
    stage.clock.advance(20);
    stage.say('second');
    stage.clock.advance(30);
    expect(stage.heard).toEqual([]);
    stage.clock.advance(1);
    expect(stage.heard).toEqual(['first@50.5', 'second@50.5']);
  });

  it('[SI4] that is narrow lets messages queue behind each other, by their bytes', () => {
    const stage = new Stage({ bytesPerMs: 10, latencyMs: 1 });
    stage.send('large', 100);
    stage.send('small', 10);
    stage.clock.advance(100);
    stage.send('later', 10);
    stage.clock.advance(100);
    expect(stage.heard).toEqual(['large@11', 'small@12', 'later@102']);
  });

  it('[SI4] that is cut holds what is said, and lets it through in order once it is mended', () => {
    const stage = new Stage();
    const { memory } = stage.network;
    stage.say('under way');
    memory.cut({ from: A, to: B });
    stage.say('said meanwhile');
    stage.clock.advance(100);
    expect(stage.heard).toEqual([]);
    expect([memory.isCut({ from: A, to: B }), memory.isCut({ from: B, to: A })]).toEqual([
      true,
      false,
    ]);
    memory.mend({ from: A, to: B });
    stage.clock.advance(1);
    expect(stage.heard).toEqual(['under way@100.5', 'said meanwhile@100.5']);
  });

  it('[SI4] draws on its own: what happens to one direction changes nothing for another', () => {
    const lossesOf = (stage: Stage): string => {
      Object.assign(stage.network.quality(A, B), { lossRate: 0.5 });
      return Array.from({ length: 30 }, (_, at) => stage.say(`${at}`)).join();
    };
    const other = new Stage();
    const busy = { lossRate: 0.5, jitterMs: 3 };
    Object.assign(other.network.quality(B, A), busy);
    const back = { from: B, to: A, frames: [ping(1)], deliver: () => {} };
    for (let at = 0; at < 7; at += 1) other.network.memory.carries(back);
    expect(lossesOf(other)).toBe(lossesOf(new Stage()));
  });
});

describe('the far end', () => {
  it('[SI4] turns calls away while its process is dead, and says nothing without power', () => {
    const called = (isHostUp: boolean, what: 'dial' | 'frames'): number => {
      const stage = new Stage();
      stage.process = null;
      stage.isHostUp = isHostUp;
      let answers = 0;
      const answer = (): void => {
        answers += 1;
      };
      stage.network.memory.defer(answer, { from: A, to: B, what, bytes: 0 });
      stage.clock.advance(100);
      return answers;
    };
    expect([called(true, 'dial'), called(true, 'frames'), called(false, 'dial')]).toEqual([
      1, 0, 0,
    ]);
  });

  it('[SI4] that is frozen hears what arrived when it thaws', () => {
    const stage = new Stage();
    stage.process?.freeze();
    stage.say('hello');
    stage.clock.advance(10);
    expect(stage.heard).toEqual([]);
    stage.process?.thaw();
    stage.clock.advance(0);
    expect(stage.heard).toEqual(['hello@10']);
  });

  it('[SI4] tells itself at once, without a link in between', () => {
    const stage = new Stage({ latencyMs: 100 });
    const delivery = { from: B, to: B, what: 'notice', bytes: 0 } as const;
    stage.network.memory.defer(() => stage.hear('notice'), delivery);
    stage.clock.advance(0);
    expect(stage.heard).toEqual(['notice@0']);
  });
});
