/**
 * What the checker remembers of a whole run, whatever the nodes forget: who led which term, which entries ever
 * were on a disk, what was committed and applied, who voted for whom, who asked what (S01, S03, S05, S06, S11).
 */

import type { LogShape } from '../../../core/log-shape.ts';
import type { EntryId, NodeId } from '../../../core/types.ts';
import type { CommittedCommand } from '../../../ports/state-machine.ts';
import { differenceOf, SHOWN_MAX, tagged } from '../runtime/plain-text.ts';
import { type DurableEntry, hashOf, mix } from './durable-log.ts';
import type { Report } from './violation.ts';

/** What was applied at an index first; the others have to agree. */
interface Applied {
  readonly command: number;
  readonly answer: number;
  /** The beginning of the answer, for people. */
  readonly shown: string;
}

interface CommittedEntry {
  /** The entry's own. */
  readonly term: number;
  /** The term of the leader that committed it: only leaders of later terms are bound to hold it (§3.6). */
  readonly inTerm: number;
}

export class History {
  readonly #report: Report;
  readonly #leaders = new Map<number, NodeId>();
  /** By term, then by index, with the hash of the log up to there. */
  readonly #created = new Map<number, Map<number, DurableEntry>>();
  readonly #committed: CommittedEntry[] = [];
  readonly #applied: Applied[] = [];
  /** Hashes of every command that was ever applied anywhere. */
  readonly appliedCommands = new Set<number>();
  readonly #ofSessions = new Map<number, Set<number>>();
  /** Told of each command as it is carried out for the first time, in their order: with its result, and by whom. */
  readonly appliedListeners = new Set<
    (command: CommittedCommand, result: unknown, node: NodeId) => void
  >();
  /** Told of whoever begins to lead. */
  readonly leadListeners = new Set<(term: number, node: NodeId) => void>();
  readonly #members = new Set<NodeId>();
  readonly #votes = new Map<string, NodeId>();
  /** By the last command: the state after it. */
  readonly #states = new Map<number, string>();
  /** By a hash of its bytes: the last command in it. */
  readonly #snapshots = new Map<number, number>();

  /** By candidate and term: the end of the log that it asked with. */
  readonly #requests = new Map<string, EntryId>();
  readonly #refusals = new Map<string, number>();
  readonly #candidates = new Map<number, Set<NodeId>>();
  /** By term: the newest log of whoever leads it. It only grows (S02). */
  readonly #logs = new Map<number, LogShape>();
  /** By asking node and its number: what was committed anywhere when it asked; the term that it asked for. */
  readonly #reads = new Map<string, number>();
  readonly #preVotes = new Map<string, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** The largest index that any node has ever reported as committed. */
  get committedThrough(): number {
    return this.#committed.length;
  }

  get terms(): number {
    return this.#leaders.size;
  }

  /** `undefined` past the end. */
  committed(at: number): CommittedEntry | undefined {
    return this.#committed[at - 1];
  }

  /** S01: over all time, also if the first one is long gone. */
  noteLeader(term: number, node: NodeId): void {
    const other = this.#leaders.get(term);
    if (other !== undefined) this.#report('S01', `${node} leads term ${term}, which ${other} led`);
    this.#leaders.set(term, node);
    for (const told of this.leadListeners) told(term, node);
  }

  /** In that term or a later one. */
  hasLed(node: NodeId, fromTerm: number): boolean {
    return [...this.#leaders].some(([term, leader]) => leader === node && term >= fromTerm);
  }

  noteLog(term: number, log: LogShape): void {
    this.#logs.set(term, log);
  }

  /** `undefined`: nobody has led this term. */
  logOf(term: number): LogShape | undefined {
    return this.#logs.get(term);
  }

  noteReadAsked(node: NodeId, requestId: number): void {
    this.#reads.set(`${node}/${requestId}`, this.committedThrough);
  }

  readAsked(node: NodeId, requestId: number): number | undefined {
    return this.#reads.get(`${node}/${requestId}`);
  }

  /** Rounds begin anew in each life, with terms that are no older. */
  notePreVote(node: NodeId, round: number, term: number): void {
    this.#preVotes.set(`${node}/${round}`, term);
  }

  preVoteOf(node: NodeId, round: number): number | undefined {
    return this.#preVotes.get(`${node}/${round}`);
  }

  /** S03: one index and one term name one entry, with one past. */
  noteEntry(node: NodeId, at: number, entry: DurableEntry): void {
    const { term, hash } = entry;
    const ofTerm = this.#created.get(term) ?? new Map<number, DurableEntry>();
    this.#created.set(term, ofTerm);
    const known = ofTerm.get(at);
    if (known === undefined) ofTerm.set(at, entry);
    else if (known.hash !== hash) {
      this.#report('S03', `${node} holds another entry ${term}/${at}, or another past of it`);
    }
  }

  /** The only log that ever ended so; `null`: none did. */
  logThrough({ index, term }: EntryId): readonly DurableEntry[] | null {
    const entries: DurableEntry[] = [];
    let ofTerm: number = term;
    for (let at: number = index; at > 0; at -= 1) {
      const entry = this.#created.get(ofTerm)?.get(at);
      if (entry === undefined) return null;
      entries.push(entry);
      ofTerm = entry.termBefore;
    }
    return entries.reverse();
  }

  /** S06: what was committed once stays as it is. Returns false if it is new. */
  noteCommitted(node: NodeId, at: number, { term, inTerm }: CommittedEntry): void {
    const known = this.#committed[at - 1]?.term;
    if (known === undefined) this.#committed[at - 1] = { term, inTerm };
    else if (known !== term) {
      this.#report('S06', `${node} commits ${term}/${at}, but ${known}/${at} was committed`);
    }
  }

  /** S05, S33: every node applies the same command at the same index, with the same result. */
  noteApplied(node: NodeId, applied: CommittedCommand, result: unknown): void {
    const { index, term, data } = applied;
    const command = hashOf(term, data);
    const text = textOf(result);
    const answer = hashOfText(text);
    const known = this.#applied[index];
    const shown = text.slice(0, SHOWN_MAX);
    if (known === undefined) {
      this.#applied[index] = { command, answer, shown };
      for (const told of this.appliedListeners) told(applied, result, node);
    } else if (known.command !== command) {
      this.#report('S05', `${node} applies another command at ${index}`);
    } else if (known.answer !== answer) {
      this.#report('S33', `${node} gives another result at ${index}: ${shown}, not ${known.shown}`);
    }
    const hash = hashOf(0, data);
    this.appliedCommands.add(hash);
    this.#ofSessions.get(hash)?.add(index);
  }

  /** Where a command is to be noted that is handed in now. */
  noteOfSession(command: Uint8Array): void {
    const hash = hashOf(0, command);
    if (!this.#ofSessions.has(hash)) this.#ofSessions.set(hash, new Set());
  }

  /** By the hash of each command of a session: the indexes at which it was carried out. */
  get ofSessions(): ReadonlyMap<number, ReadonlySet<number>> {
    return this.#ofSessions;
  }

  /** S18: after the same commands, the same state, whether they were applied here or came in a snapshot. */
  noteState(node: NodeId, lastCommand: number | null, digest: string): void {
    const known = lastCommand === null ? null : this.#states.get(lastCommand);
    if (known === undefined && lastCommand !== null) this.#states.set(lastCommand, digest);
    else if (known !== digest) {
      const after = lastCommand === null ? 'no snapshot' : `the command at ${lastCommand}`;
      const difference = differenceOf(known ?? '', digest);
      this.#report('S18', `${node} is in a state that nobody was in after ${after}: ${difference}`);
    }
  }

  /** The bytes of a snapshot, and the last command that is in it. */
  noteSnapshot(bytes: number, lastCommand: number): void {
    this.#snapshots.set(bytes, lastCommand);
  }

  /** `null`: nobody ever took one of these bytes. */
  snapshotOf(bytes: number): number | null {
    return this.#snapshots.get(bytes) ?? null;
  }

  /** S11: a durable vote is never given twice, nor taken back, in its term. */
  noteVote(node: NodeId, term: number, votedFor: NodeId): void {
    const key = `${node}/${term}`;
    const known = this.#votes.get(key);
    if (known !== undefined && known !== votedFor) {
      this.#report('S11', `${node} votes for ${votedFor} in term ${term}, after ${known}`);
    }
    this.#votes.set(key, votedFor);
  }

  /** Remembers a candidacy; returns how many candidates this term has had. */
  noteCandidate(node: NodeId, term: number, lastLog: EntryId): number {
    this.#requests.set(`${node}/${term}`, lastLog);
    const candidates = this.#candidates.get(term) ?? new Set();
    this.#candidates.set(term, candidates.add(node));
    return candidates.size;
  }

  /** The log that a candidate asked with; `undefined`: it never asked in that term. */
  requestOf(node: NodeId, term: number): EntryId | undefined {
    return this.#requests.get(`${node}/${term}`);
  }

  /** Counts the refusals in a row of one follower to one leader; another answer starts anew. */
  noteAnswer(from: NodeId, to: NodeId, isAccepted: boolean): number {
    const key = `${from} → ${to}`;
    const refusals = isAccepted ? 0 : (this.#refusals.get(key) ?? 0) + 1;
    this.#refusals.set(key, refusals);
    return refusals;
  }

  /** True if someone campaigned in this term and nobody has led it. */
  isBarren(term: number): boolean {
    return this.#candidates.has(term) && !this.#leaders.has(term);
  }

  /** A member whose disk is looked at; of any other, as a test makes them up, nobody can say for whom it voted. */
  noteMember(node: NodeId): void {
    this.#members.add(node);
  }

  /** Whether a node has durably voted for another in a term, as far as anyone can say. */
  mayHaveVoted(node: NodeId, term: number, candidate: NodeId): boolean {
    return !this.#members.has(node) || this.voteOf(node, term) === candidate;
  }

  /** Whom a node has durably voted for in a term, now or earlier. */
  voteOf(node: NodeId, term: number): NodeId | undefined {
    return this.#votes.get(`${node}/${term}`);
  }
}

/** Results are plain data; bytes in them count by their content. */
function textOf(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) =>
    value instanceof Uint8Array ? `${value.length}:${hashOf(0, value)}` : tagged(value),
  );
}

function hashOfText(text: string): number {
  let hash = 0;
  for (const character of text) hash = mix(hash, character.codePointAt(0) ?? 0);
  return hash;
}
