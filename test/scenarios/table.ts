/** `show` and `progress`: everyone's state, term, vote and log, and what leaders know of their peers. */
import type { NodeId } from '../../src/core/types.ts';
import type { PlayMember } from './play-member.ts';

/** The log is its terms; the bar stands behind the last entry known to be committed. */
export function tableOf(members: readonly PlayMember[]): readonly string[] {
  const rows = [['', 'state', 'term', 'vote', 'log'], ...members.map(rowOf)];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines;
}

function rowOf(member: PlayMember): readonly string[] {
  const { durable } = member.disk;
  const raft = member.node?.inspection().raft ?? null;
  if (raft === null) {
    const { term, votedFor } = durable.hardState;
    const terms = Array.from({ length: durable.lastIndex }, (_, at) => durable.at(at + 1)?.term);
    return [member.id, 'down', String(term), votedFor ?? '–', terms.join(' ')];
  }
  const { commitIndex, log, term, votedFor } = raft;
  const terms = log.termRuns.flatMap((run, at) => {
    const end = log.termRuns[at + 1]?.firstIndex ?? log.lastIndex + 1;
    return Array.from({ length: end - run.firstIndex }, () => String(run.term));
  });
  const shown = [...terms.slice(0, commitIndex), '|', ...terms.slice(commitIndex)].join(' ');
  return [member.id, member.labelOf('raft'), String(term), votedFor ?? '–', shown];
}

/** What a leader knows of each of its peers. */
export function progressOf(member: PlayMember, members: readonly PlayMember[]): readonly string[] {
  const inspection = member.node?.inspection();
  if (inspection?.leads !== true) return [];
  return members.flatMap(({ id }: { readonly id: NodeId }) => {
    const known = inspection.replication(id);
    if (known === null) return [];
    const { inflight, matchIndex, nextIndex } = known;
    const state = member.labelOf(`replication:${id}`);
    const waiting = inflight.length === 0 ? '' : `, ${inflight.length} unanswered`;
    return [`${member.id} to ${id}: ${state}, match ${matchIndex}, next ${nextIndex}${waiting}`];
  });
}
