/**
 * Who is who, and who knows us: what this node has on disk about each peer. A peer is believed only once the start
 * that it proved is on disk here (ID1), and shown a start of ours only once it is on disk that it may know it (ID6).
 * What to believe the identity rules say; connections are in `peers.ts`.
 */
import { unreachable } from '../../core/assert.ts';
import type { Hello } from '../../core/hello.ts';
import type { KnownPeer, NodeIdentity } from '../../core/identity.ts';
import type { NodeId } from '../../core/types.ts';
import type { LogStore } from '../../ports/log-store.ts';
import { judgeHello, type Refusal, shownAfter, shownWhenAnswered } from '../../rules/identity.ts';
import type { KnownPromises } from './known-promises.ts';
import type { KnownVersions } from './known-versions.ts';
import type { Members } from './members.ts';

interface IntroductionsOptions {
  readonly identity: NodeIdentity;
  readonly members: Pick<
    Members,
    'all' | 'configurationIndex' | 'found' | 'ownAddress' | 'removed'
  >;
  readonly known: readonly KnownPeer[];
  readonly promises: Pick<KnownPromises, 'heard' | 'ownMs'>;
  readonly versions: Pick<KnownVersions, 'heard' | 'machineInUse' | 'own'>;
  readonly store: Pick<LogStore, 'rememberPeer'>;
  /** Runs an input of the node's loop. */
  readonly run: (input: () => void) => void;
  readonly failed: (error: unknown) => void;
}

export class Introductions {
  readonly #options: IntroductionsOptions;
  /**
   * As asked to be on disk: a second caller under a name is judged by what the first one proved, although its proof is
   * still on its way there (ID7).
   */
  readonly #known = new Map<NodeId, KnownPeer>();
  /** As it is on disk: nothing about a peer may be relied on before both are the same. */
  readonly #saved = new Map<NodeId, KnownPeer>();

  /** Believed for a newer configuration, and no members of this one yet. Bound: `MEMBERS_MAX`; more are refused (MC11). */
  readonly #newcomers = new Set<NodeId>();

  constructor(options: IntroductionsOptions) {
    this.#options = options;
    for (const peer of options.known) {
      this.#known.set(peer.nodeId, peer);
      this.#saved.set(peer.nodeId, peer);
    }
  }

  /** Judges a hello; calls back once its proof is on disk, or with the reason to refuse it. */
  judge(
    hello: Hello,
    connectedBoot: string | null,
    judged: (refusal: Refusal | null) => void,
  ): void {
    const { identity: own, members, promises, versions } = this.#options;
    const { all, configurationIndex, removed } = members;
    const peer = hello.identity.nodeId;
    const known = this.#knownOf(peer);
    const { met } = known;
    for (const id of all) this.#newcomers.delete(id);
    const { machineInUse } = versions;
    const context = {
      ...{ own, members: all, configurationIndex, removed, machineInUse },
      ...{ newcomers: [...this.#newcomers], met, connectedBoot },
    };
    const verdict = judgeHello(context, hello);
    if (verdict.type !== 'refuse' && !all.includes(peer)) this.#newcomers.add(peer);
    const done = (): void => {
      members.found(peer, hello.address);
      versions.heard(hello);
      promises.heard(hello);
      judged(null);
    };
    switch (verdict.type) {
      case 'refuse':
        return judged(verdict);
      case 'accept':
        return this.#onceSaved(known, done);
      case 'remember': {
        // Whoever is accepted is also told who we are: both notes go with one write.
        const { met } = verdict;
        return this.#save({ ...this.#withPresent(known), met }, done);
      }
      default:
        return unreachable(verdict);
    }
  }

  /** Calls back with what to say to a peer, once it is on disk that it may know this start. */
  introduce(peer: NodeId, say: (hello: Hello) => void): void {
    const { identity, members, versions } = this.#options;
    const known = this.#knownOf(peer);
    const present = this.#withPresent(known);
    const own: NodeIdentity = { ...identity, lineage: present.shown };
    const { configurationIndex, ownAddress: address } = members;
    const hello: Hello = {
      protocolVersion: versions.own.protocol,
      machineVersion: versions.own.machine,
      identity: own,
      to: peer,
      configurationIndex,
      purpose: 'talk',
      address,
      ...(present.loyalMs > 0 && { loyalMs: present.loyalMs }),
    };
    const isNoted = isSame(known.shown, present.shown) && known.loyalMs === present.loyalMs;
    if (isNoted) this.#onceSaved(known, () => say(hello));
    else this.#save(present, () => say(hello));
  }

  /** The peer has accepted this start: it knows no older one any more. */
  answered(peer: NodeId): void {
    const known = this.#knownOf(peer);
    const shown = shownWhenAnswered(this.#options.identity);
    if (!isSame(known.shown, shown)) this.#save({ ...known, shown }, () => {});
  }

  /** As it is once it is shown the present start, with what that promises: promises of earlier starts are over (RD7). */
  #withPresent(known: KnownPeer): KnownPeer & { readonly shown: readonly string[] } {
    const { identity, promises } = this.#options;
    return { ...known, shown: shownAfter(identity, known.shown), loyalMs: promises.ownMs };
  }

  #knownOf(peer: NodeId): KnownPeer {
    return this.#known.get(peer) ?? { nodeId: peer, met: null, shown: null, loyalMs: 0 };
  }

  #onceSaved(known: KnownPeer, done: () => void): void {
    if (this.#saved.get(known.nodeId) === known) done();
    else this.#save(known, done);
  }

  /** Writes are made in the order in which they are asked for: the last one brings all the others with it. */
  #save(known: KnownPeer, done: () => void): void {
    const { store, run, failed } = this.#options;
    this.#known.set(known.nodeId, known);
    store.rememberPeer(known).then(
      () =>
        run(() => {
          this.#saved.set(known.nodeId, known);
          done();
        }),
      (error: unknown) => run(() => failed(error)),
    );
  }
}

function isSame(left: readonly string[] | null, right: readonly string[]): boolean {
  return (
    left !== null && left.length === right.length && left.every((word, at) => word === right[at])
  );
}
