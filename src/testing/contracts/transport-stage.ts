/**
 * Where the transport contract is played: makes pairs of transports, listens, dials, introduces two ends to
 * each other, and sees that hostile frames are refused. After each test it takes everything down and
 * asks every recorder for complaints.
 */
import type { Transport, TransportLimits } from '../../ports/transport.ts';
import type { PeerTransport } from '../../transport/conversation.ts';
import type { Hostile } from './hostile-frames.ts';
import { dial, Recorder } from './recorder.ts';
import { helloOf, LIMITS } from './sample-messages.ts';
import type { TestFramework } from './test-framework.ts';

/** What an adapter hands in. */
export interface TransportPair {
  /** Either can dial and listen; the tests mostly let this one dial. */
  readonly dialling: PeerTransport;
  readonly listening: PeerTransport;
  /** One more transport, made to listen on `address`. */
  rivalOf(address: string): Transport;
  /** Dials `address`, says these frames and nothing else. Resolves when the connection has ended. */
  sayRaw(address: string, frames: readonly Uint8Array[]): Promise<void>;
  /** The address of someone who answers a dial and then never reads. */
  deafAddress(): Promise<string>;
  /** An address where nobody listens. */
  readonly deadAddress: string;
  close(): Promise<void>;
}

export type CreatePair = (limits: TransportLimits) => Promise<TransportPair>;

/** Both ends of one connection after both hellos, and the transports below. */
interface Acquaintance {
  readonly pair: TransportPair;
  readonly dialler: Recorder;
  readonly acceptor: Recorder;
}

interface Reception {
  readonly address: string;
  /** One for each connection that came in, in order. */
  readonly accepted: readonly Recorder[];
}

export class Stage {
  readonly #createPair: CreatePair;
  readonly #expect: TestFramework['expect'];
  readonly #pairs: TransportPair[] = [];
  readonly #recorders: Recorder[] = [];

  constructor(createPair: CreatePair, { expect }: TestFramework) {
    this.#createPair = createPair;
    this.#expect = expect;
  }

  async clear(): Promise<void> {
    for (const pair of this.#pairs.splice(0)) await pair.close();
    const complaints = this.#recorders.splice(0).flatMap((recorder) => recorder.complaints);
    this.#expect(complaints).toEqual([]);
  }

  async pair(): Promise<TransportPair> {
    const pair = await this.#createPair(LIMITS);
    this.#pairs.push(pair);
    return pair;
  }

  /** Listens; every connection that comes in gets a recorder of its own, which reacts as told. */
  async listen(
    transport: Transport,
    reactionOf: (recorder: Recorder) => Recorder['react'] = () => () => {},
  ): Promise<Reception> {
    const accepted: Recorder[] = [];
    const address = await transport.listen((connection) => {
      const recorder = new Recorder();
      recorder.connection = connection;
      recorder.react = reactionOf(recorder);
      accepted.push(recorder);
      this.#recorders.push(recorder);
      return recorder;
    });
    return { address, accepted };
  }

  dial(transport: Transport, address: string): Recorder {
    const recorder = dial(transport, address);
    this.#recorders.push(recorder);
    return recorder;
  }

  async acquaint(): Promise<Acquaintance> {
    const pair = await this.pair();
    const { address, accepted } = await this.listen(pair.listening, greeting);
    const dialler = this.dial(pair.dialling, address);
    await dialler.until(() => dialler.heard.length === 1);
    dialler.sayHello(helloOf('a', 'b'));
    await dialler.until(() => dialler.heard.length === 2);
    const acceptor = accepted[0];
    if (acceptor === undefined) throw new Error('nobody was accepted');
    return { pair, dialler, acceptor };
  }

  /** Says each one's frames on a connection of its own; all must be closed on, counted and unheard. */
  async expectRefused(cases: readonly Hostile[], before: readonly Uint8Array[]): Promise<void> {
    const pair = await this.pair();
    const { address, accepted } = await this.listen(pair.listening);
    for (const { name, frames } of cases) {
      const counted = pair.listening.badFrames();
      await pair.sayRaw(address, [...before, ...frames]);
      const recorder = accepted.at(-1);
      const reason = await recorder?.closed();
      const messages = recorder?.messages();
      const counts = pair.listening.badFrames() - counted;
      const refused = { name, kind: 'badFrame', messages: [], counts: 1 };
      this.#expect({ name, ...reason, messages, counts }).toMatchObject(refused);
    }
    this.#expect(accepted.length).toBe(cases.length);
  }
}

/** Answers a hello with one. */
function greeting(recorder: Recorder): Recorder['react'] {
  return ({ type }) => {
    if (type === 'hello') recorder.sayHello(helloOf('b', 'a'));
  };
}
