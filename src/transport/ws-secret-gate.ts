/**
 * The secret of the cluster, proven by both ends before either says a hello (TL7): a challenge with a fresh number from
 * each, answered with a keyed sum over both numbers, both names, the cluster and who has called. So an answer is of use on this
 * one connection, in this one direction, and nobody learns the secret. The caller proves first: whoever only asks gets nothing
 * to guess at. Four text frames of JSON, since all that follows is binary; docs/formats.md has their fields.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isNodeId, type NodeId } from '../core/types.ts';
import { GATE_TEXT_LENGTH_MAX } from './limits.ts';

/** What a member proves, and as whom. */
export interface PeerSecret {
  /** The same on all members, 32 characters at least. */
  readonly secret: string;
  readonly id: NodeId;
  readonly clusterId: string;
}

interface GateSetting {
  readonly own: PeerSecret;
  readonly say: (text: string) => void;
  /** Both ends have proven it; the far one is this member. */
  readonly opened: (id: NodeId) => void;
  /** In words for both ends. */
  readonly refused: (text: string) => void;
}

/** Both numbers and the name of the far end, once they are known. */
interface Parties {
  readonly callersNonce: string;
  readonly calledNonce: string;
  readonly far: NodeId;
}

type Expecting = 'call' | 'challenge' | 'answer' | 'nothing';

const GATE_VERSION = 1;
const NONCE_BYTES = 32;
const HEX_256 = /^[0-9a-f]{64}$/;

export const NO_SECRET_HERE =
  'one of the two members proves the secret of the cluster, and the other has none: give all the same --cluster-secret-file';
const WRONG_SECRET =
  'the secrets of the two members are not the same: give all the same --cluster-secret-file';
const OTHER_CLUSTER = 'the two members are of different clusters';
const OWN_NAME = 'the caller has the name of the member that it calls';
const BROKEN = 'the proof of the secret broke its protocol';

/** Words of somebody who proves a secret, to one who has none. */
export function isGateText(text: string): boolean {
  return text.startsWith('{"secret":');
}

export class SecretGate {
  readonly #setting: GateSetting;
  readonly #isCaller: boolean;
  readonly #nonce = randomBytes(NONCE_BYTES).toString('hex');
  #expecting: Expecting;
  #parties: Parties | null = null;

  constructor(side: 'caller' | 'called', setting: GateSetting) {
    this.#setting = setting;
    this.#isCaller = side === 'caller';
    this.#expecting = this.#isCaller ? 'challenge' : 'call';
  }

  /** The calling end speaks first. */
  call(): void {
    const { clusterId, id } = this.#setting.own;
    this.#say({ nonce: this.#nonce, id, clusterId });
  }

  /** `null`: what came is no text. */
  take(text: string | null): void {
    const expected = this.#expecting;
    this.#expecting = 'nothing';
    const said = text === null ? null : fieldsIn(text);
    if (said === null) return this.#setting.refused(text === null ? NO_SECRET_HERE : BROKEN);
    switch (expected) {
      case 'call':
        return this.#called(said);
      case 'challenge':
        return this.#challenged(said);
      case 'answer':
        return this.#answered(said);
      case 'nothing':
        return this.#setting.refused(BROKEN);
    }
  }

  #called({ clusterId, id, nonce }: Said): void {
    const { own, refused } = this.#setting;
    if (!isNodeId(id) || !isNonce(nonce)) return refused(BROKEN);
    if (clusterId !== own.clusterId) return refused(OTHER_CLUSTER);
    if (id === own.id) return refused(OWN_NAME);
    this.#parties = { callersNonce: nonce, calledNonce: this.#nonce, far: id };
    this.#expecting = 'answer';
    this.#say({ nonce: this.#nonce, id: own.id });
  }

  #challenged({ id, nonce }: Said): void {
    const { own, refused } = this.#setting;
    if (!isNodeId(id) || !isNonce(nonce)) return refused(BROKEN);
    if (id === own.id) return refused(OWN_NAME);
    this.#parties = { callersNonce: this.#nonce, calledNonce: nonce, far: id };
    this.#expecting = 'answer';
    this.#say({ proof: this.#sum('caller', this.#parties) });
  }

  #answered({ proof }: Said): void {
    const parties = this.#parties;
    const { opened, refused } = this.#setting;
    if (parties === null || typeof proof !== 'string' || !HEX_256.test(proof))
      return refused(BROKEN);
    const due = this.#sum(this.#isCaller ? 'called' : 'caller', parties);
    if (!timingSafeEqual(Buffer.from(proof), Buffer.from(due))) return refused(WRONG_SECRET);
    if (!this.#isCaller) this.#say({ proof: this.#sum('called', parties) });
    opened(parties.far);
  }

  /** Each part with its length, so that no two lists of parts read alike. */
  #sum(who: 'caller' | 'called', { calledNonce, callersNonce, far }: Parties): string {
    const { clusterId, id, secret } = this.#setting.own;
    const names = this.#isCaller ? [id, far] : [far, id];
    const parts = ['raftchart-secret', who, callersNonce, calledNonce, ...names, clusterId];
    const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
    return createHmac('sha256', secret).update(text).digest('hex');
  }

  #say(fields: Said): void {
    this.#setting.say(JSON.stringify({ secret: GATE_VERSION, ...fields }));
  }
}

type Said = Readonly<Record<string, unknown>>;

function fieldsIn(text: string): Said | null {
  if (text.length > GATE_TEXT_LENGTH_MAX) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    const fields: Said = parsed instanceof Object ? { ...parsed } : {};
    return fields.secret === GATE_VERSION ? fields : null;
  } catch {
    return null;
  }
}

function isNonce(value: unknown): value is string {
  return typeof value === 'string' && HEX_256.test(value);
}
