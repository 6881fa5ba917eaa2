/**
 * Members found on a local network (CG7): whoever is to be asked something is asked for first, of a multicast group. Who answers
 * is believed nothing but where to ask next.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { formatAddress } from '../../../core/address.ts';
import { RaftError } from '../../../core/errors.ts';
import { RecentPlaces } from '../../../wire/recent-places.ts';
import {
  DISCOVERY_AWAITED_MS,
  DISCOVERY_HEARD_MS,
  DISCOVERY_PAUSE_MS,
  DISCOVERY_PLACES_MAX,
} from '../../limits.ts';
import { answerIn, encodeQuestion } from './datagrams.ts';
import { inTurn } from './in-turn.ts';
import { type Group, ONE_NETWORK } from './multicast-group.ts';

type Hear = (bytes: Uint8Array, from: string) => void;

interface Means {
  /** Resolves once no more answers are waited for. */
  readonly ask: (group: Group, question: Uint8Array, hear: Hear) => Promise<void>;
  readonly now: () => number;
}

const REAL: Means = { ask: askGroup, now: () => performance.now() };

export class MulticastDiscovery {
  readonly #group: Group;
  readonly #scheme: 'http' | 'https';
  readonly #means: Means;
  readonly #heard: RecentPlaces;
  readonly #turned = inTurn<string>();
  #asking: Promise<void> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(group: Group, scheme: 'http' | 'https', means: Means = REAL) {
    this.#group = group;
    this.#scheme = scheme;
    this.#means = means;
    const placesMax = DISCOVERY_PLACES_MAX;
    this.#heard = new RecentPlaces({ placesMax, rememberedMs: DISCOVERY_HEARD_MS, now: means.now });
  }

  /** Where clients are served, one place further each time. Rejects with a `RaftError` while nobody answers. */
  async urls(): Promise<readonly string[]> {
    if (this.#asking !== null || this.#means.now() - this.#askedAt >= DISCOVERY_PAUSE_MS) {
      this.#asking ??= this.#ask();
      await this.#asking;
    }
    const { urls } = this.#heard;
    if (urls.length === 0) throw notFound(this.#group, 'nobody answers');
    return this.#turned(urls);
  }

  async #ask(): Promise<void> {
    const { ask, now } = this.#means;
    this.#askedAt = now();
    const { cluster } = this.#group;
    const nonce = randomBytes(16).toString('hex');
    try {
      await ask(this.#group, encodeQuestion({ nonce, cluster }), (bytes, from) => {
        const answer = answerIn(bytes);
        const isOurs = answer?.nonce === nonce && answer.cluster === cluster;
        if (isOurs) this.#hear({ host: answer.host ?? from, port: answer.port });
      });
    } catch (error) {
      throw notFound(this.#group, error instanceof Error ? error.message : String(error));
    } finally {
      this.#asking = null;
    }
  }

  #hear(place: { readonly host: string; readonly port: number }): void {
    const url = `${this.#scheme}://${formatAddress(place)}`;
    if (URL.canParse(url)) this.#heard.name(url);
  }
}

/** A port of its own, at which none but the answers to this question are heard. */
async function askGroup({ address, via }: Group, question: Uint8Array, hear: Hear): Promise<void> {
  const socket = createSocket('udp4');
  const failed = new Promise<never>((_, reject) => socket.on('error', reject));
  failed.catch(() => {});
  try {
    socket.on('message', (bytes, sender) => hear(bytes, sender.address));
    socket.bind({ port: 0, ...(via !== null && { address: via }) });
    await Promise.race([once(socket, 'listening'), failed]);
    socket.setMulticastTTL(ONE_NETWORK);
    if (via !== null) socket.setMulticastInterface(via);
    socket.send(question, address.port, address.host);
    await Promise.race([pause(DISCOVERY_AWAITED_MS), failed]);
  } finally {
    socket.close();
  }
}

function notFound({ address }: Group, why: string): RaftError {
  return new RaftError(
    'RAFT_UNREACHABLE',
    `No member is found by multicast at ${formatAddress(address)}: ${why}.`,
  );
}
