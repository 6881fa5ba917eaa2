/**
 * Everyone else: the two other members of a cluster of three, as one node sees them. They say anything that
 * correct members could say, however late, repeated or out of order, and nothing that they could not: a term
 * has one leader, logs branch as Raft lets them, and who leads holds all that was committed. So whatever
 * breaks in the node is the node's own fault.
 */
import fc from 'fast-check';
import type { LogShape } from '../../src/core/log-shape.ts';
import type { AppendEntries, Message } from '../../src/core/message.ts';
import { newestAtMost } from '../../src/core/term-runs.ts';
import { index, type NodeId, term } from '../../src/core/types.ts';
import { runsOf } from '../../src/testing/mini-cluster/entries.ts';
import type { Member } from '../../src/testing/mini-cluster/member.ts';
import type { Said } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { logOf, N2, N3 } from './harness.ts';

type Terms = readonly number[];

const peer = fc.constantFrom(N2, N3);

/** What may happen. `newer` is added to the node's own term; a `grant` is true this often. */
function commands(
  newer: fc.Arbitrary<number>,
  grant: fc.Arbitrary<boolean>,
  ms: fc.Arbitrary<number>,
) {
  const record = <Kind extends string, Rest>(
    kind: Kind,
    rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
  ) => fc.record({ kind: fc.constant(kind), ...rest }) as fc.Arbitrary<{ kind: Kind } & Rest>;
  const few = fc.nat({ max: 4 });
  return {
    tick: record('tick', { ms }),
    disk: record('disk', { count: fc.integer({ min: 1, max: 2 }) }),
    crash: record('crash', { isWritten: fc.boolean() }),
    preVote: record('preVote', { from: peer, newer, log: few }),
    preVoteReply: record('preVoteReply', {
      from: peer,
      newer,
      granted: grant,
      rounds: fc.constantFrom(0, 0, 0, 1),
    }),
    vote: record('vote', { from: peer, newer, log: few }),
    voteReply: record('voteReply', { from: peer, newer, granted: grant }),
    entries: record('entries', {
      from: peer,
      newer,
      branch: fc.nat(),
      grow: fc.nat({ max: 3 }),
      prev: few,
      count: few,
      commit: fc.nat(),
    }),
    answer: record('answer', { which: fc.nat({ max: 6 }), accepted: grant, held: fc.nat() }),
    propose: record('propose', { count: fc.integer({ min: 1, max: 3 }) }),
    repeat: record('repeat', { which: fc.nat() }),
    link: record('link', { peer, opened: fc.constantFrom(true, true, false) }),
    read: record('read', {}),
  };
}

const wild = commands(
  fc.integer({ min: -1, max: 2 }),
  fc.boolean(),
  fc.integer({ min: 1, max: 650 }),
);
const tame = commands(
  fc.constantFrom(...Array<number>(20).fill(0), 1),
  fc.constantFrom(true, true, true, false),
  fc.constantFrom(1, 20, 60, 600),
);

type Commands = typeof wild;
export type Command = {
  [Kind in keyof Commands]: Commands[Kind] extends fc.Arbitrary<infer One> ? One : never;
}[keyof Commands];

function mixed(
  of: Commands,
  weights: Readonly<Record<keyof Commands, number>>,
): fc.Arbitrary<Command> {
  const choices = Object.entries(of) as unknown as [keyof Commands, fc.Arbitrary<Command>][];
  return fc.oneof(...choices.map(([kind, arbitrary]) => ({ weight: weights[kind], arbitrary })));
}

/** Anything at any time: mostly a follower's life. */
const anything = mixed(wild, {
  tick: 4,
  disk: 4,
  crash: 1,
  preVote: 2,
  preVoteReply: 3,
  vote: 3,
  voteReply: 3,
  entries: 5,
  answer: 1,
  propose: 1,
  repeat: 2,
  link: 1,
  read: 1,
});

/** Others mostly grant what is asked: a life with campaigns and leaderships. */
const ambitious = mixed(tame, {
  tick: 6,
  disk: 10,
  crash: 1,
  preVote: 1,
  preVoteReply: 8,
  vote: 1,
  voteReply: 14,
  entries: 1,
  answer: 12,
  propose: 5,
  repeat: 2,
  link: 1,
  read: 2,
});

/** The life of one node. */
export const life: fc.Arbitrary<readonly Command[]> = fc.oneof(
  fc.array(anything, { maxLength: 40, size: 'max' }),
  fc.array(ambitious, { minLength: 20, maxLength: 60, size: 'max' }),
);

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

export class World {
  /** What was committed anywhere, as terms: a prefix of the log of every later leader. */
  committed: Terms = [];
  /** The logs of the other leaders, by term. */
  readonly #logs = new Map<number, Terms>();
  readonly #leaders = new Map<number, NodeId>();
  /** Terms in which a peer has granted the node its vote, and so nobody else can lead. */
  readonly #granted = new Set<number>();
  /** Terms that left entries in some log without the node having heard of their leader. */
  readonly #unheard = new Set<number>();
  /** What each peer has acknowledged to the node in a term in which it leads. */
  readonly #acknowledged = new Map<string, number>();
  /** What the node has asked: only that can be answered. */
  readonly asked: Said[] = [];
  /** What was said to the node: any of it may come again. */
  readonly said: Said[] = [];

  /** What a peer says now; null if no correct peer could say such a thing. */
  speak(command: Command, node: Member): Said | null {
    const envelope = this.#compose(command, node);
    if (envelope !== null && command.kind !== 'repeat') this.said.push(envelope);
    return envelope;
  }

  /** Both peers have seen this term: they neither vote nor commit anything in an older one. */
  get #seen(): number {
    return Math.max(0, ...this.#leaders.keys(), ...this.#unheard);
  }

  /** To be called after every step: what a leader has committed is committed. */
  notice(node: Member): void {
    const own = termsIn(node.state.log).slice(0, node.lastApplied);
    if (own.length > this.committed.length) this.committed = own;
  }

  #compose(command: Command, node: Member): Said | null {
    switch (command.kind) {
      case 'preVote':
      case 'vote':
        return this.#ask(command, node);
      case 'preVoteReply': {
        const { from, granted, newer: by, rounds } = command;
        const round = Math.max(0, node.state.preVoteRound - rounds);
        return envelope(from, node, {
          type: 'PreVoteReply',
          term: term(Math.max(0, node.state.term + by)),
          round,
          granted,
        });
      }
      case 'voteReply':
        return this.#vote(command, node);
      case 'entries':
        return this.#lead(command, node);
      case 'answer':
        return this.#answer(command, node);
      case 'repeat':
        return this.said[command.which % Math.max(1, this.said.length)] ?? null;
      default:
        return null;
    }
  }

  #ask({ kind, from, newer: by, log }: Of<'preVote' | 'vote'>, node: Member): Said | null {
    const of = node.state.term + by;
    if (of < 1) return null;
    const candidates = [termsIn(node.state.log), ...this.#logs.values(), this.committed, []];
    const held = (candidates[log % candidates.length] ?? []).filter((each) => each <= of);
    const lastLog = { term: term(held.at(-1) ?? 0), index: index(held.length) };
    if (kind === 'vote')
      return envelope(from, node, {
        type: 'RequestVote',
        term: term(of),
        lastLog,
        transfer: false,
      });
    return envelope(from, node, { type: 'PreVote', term: term(of), lastLog, round: log });
  }

  /** A vote can be granted only if it was asked for, nobody else leads, and the log holds what is committed. */
  #vote({ from, granted, newer: by }: Of<'voteReply'>, node: Member): Said | null {
    const of = node.state.term + by;
    if (of < 1) return null;
    const isAsked = this.asked.some(({ to, message }) => {
      return to === from && message.type === 'RequestVote' && message.term === of;
    });
    const isOwn = of === node.state.term && node.state.votedFor === node.id;
    const isFree = of > this.#seen;
    const isComplete = startsWith(termsIn(node.state.log), this.committed);
    const isGranted = granted && isAsked && isFree && isOwn && isComplete;
    if (isGranted) this.#granted.add(of);
    return envelope(from, node, { type: 'RequestVoteReply', term: term(of), granted: isGranted });
  }

  #lead(command: Of<'entries'>, node: Member): Said | null {
    const of = node.state.term + command.newer;
    if (of < 1 || this.#granted.has(of) || this.#unheard.has(of)) return null;
    if (!this.#logs.has(of) && of < Math.max(node.state.term, this.#seen)) return null;
    const log = this.#grow(of, this.#logs.get(of) ?? this.#branch(of, command, node), command.grow);
    const from = this.#leaders.get(of) ?? command.from;
    this.#leaders.set(of, from);
    const prev = Math.max(0, log.length - command.prev);
    const last = Math.min(log.length, prev + command.count);
    const message: AppendEntries = {
      type: 'AppendEntries',
      term: term(of),
      prevLog: { term: term(log[prev - 1] ?? 0), index: index(prev) },
      lastIndex: index(last),
      commitIndex: index(this.#commit(of, log, command.commit, node)),
      round: 0,
    };
    const entries = log.slice(prev, last).map((each) => ({ term: term(each), data: '' }));
    return { from, to: node.id, message, runs: runsOf(prev + 1, entries) };
  }

  /** A new leader's log: anything that holds what is committed, perhaps with entries of leaders unheard of. */
  #branch(of: number, { branch, grow }: Of<'entries'>, node: Member): Terms {
    const own = termsIn(node.state.log);
    const logs = [own, this.committed, ...this.#logs.values()].filter(
      (log) => startsWith(log, this.committed) && (log.at(-1) ?? 0) < of,
    );
    const log = logs[branch % logs.length] ?? this.committed;
    const kept = log.slice(0, Math.max(this.committed.length, log.length - (branch % 3)));
    const between = (kept.at(-1) ?? 0) + 1 + (branch % 2);
    const isFree =
      !this.#granted.has(between) && !this.#leaders.has(between) && !this.#unheard.has(between);
    if (between >= of || !isFree || own.includes(between)) return kept;
    this.#unheard.add(between);
    return [...kept, ...Array<number>(1 + (grow % 2)).fill(between)];
  }

  #grow(of: number, log: Terms, by: number): Terms {
    const grown = [...log, ...Array<number>(by).fill(of)];
    this.#logs.set(of, grown);
    return grown;
  }

  /** A leader commits by counting entries of its own term only; a deposed one commits nothing more. */
  #commit(of: number, log: Terms, wanted: number, node: Member): number {
    const known = commonLength(log, this.committed);
    const at = wanted % (log.length + 1);
    if (of < node.state.term || of < this.#seen || at <= known) return Math.min(at, known);
    if (log[at - 1] !== of) return known;
    this.committed = log.slice(0, at);
    return at;
  }

  /** A peer answers one of the node's own AppendEntries, truly, but perhaps late. */
  #answer({ which, accepted, held }: Of<'answer'>, node: Member): Said | null {
    const requests = this.asked.filter(({ message }) => message.type === 'AppendEntries');
    const request = requests.at(-1 - (which % Math.max(1, requests.length)));
    if (request?.message.type !== 'AppendEntries') return null;
    const { term: of, lastIndex, prevLog, round } = request.message;
    const key = `${request.to} in ${of}`;
    const acknowledged = this.#acknowledged.get(key) ?? 0;
    const reply = {
      type: 'AppendEntriesReply',
      term: of,
      round,
      prevIndex: prevLog.index,
    } as const;
    if (accepted || prevLog.index <= acknowledged || of < node.state.term) {
      this.#acknowledged.set(key, Math.max(acknowledged, lastIndex));
      const result = { accepted: true, matchIndex: lastIndex } as const;
      return envelope(request.to, node, { ...reply, result });
    }
    const length = acknowledged + (held % (prevLog.index - acknowledged));
    const shorter = logOf(termsIn(node.state.log).slice(0, length));
    const hint = newestAtMost(shorter, prevLog.index, prevLog.term);
    const result = { accepted: false, lastIndex: index(length), hint } as const;
    return envelope(request.to, node, { ...reply, result });
  }
}

function envelope(from: NodeId, node: Member, message: Message): Said {
  return { from, to: node.id, message, runs: [] };
}

/** The term of each entry, from index 1 on. */
export function termsIn({ lastIndex, termRuns }: LogShape): Terms {
  return termRuns.flatMap(({ term: of, firstIndex }, at) => {
    const end = termRuns[at + 1]?.firstIndex ?? lastIndex + 1;
    return Array<number>(end - firstIndex).fill(of);
  });
}

function startsWith(log: Terms, prefix: Terms): boolean {
  return prefix.every((of, at) => log[at] === of);
}

function commonLength(left: Terms, right: Terms): number {
  let at = 0;
  while (at < left.length && at < right.length && left[at] === right[at]) at += 1;
  return at;
}
