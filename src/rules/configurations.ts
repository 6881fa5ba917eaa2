/**
 * Which configuration counts (§4.1): the newest in the log, committed or not, from the moment of its append, and the one
 * before it again when it is truncated. What a node keeps for that is the newest committed one and those behind it.
 */
import { assert } from '../core/assert.ts';
import { isVoter, type MembershipAt, members } from '../core/configuration.ts';
import type { ConfigurationChanged } from '../core/effect.ts';
import type { EntrySpan } from '../core/log-shape.ts';
import type { RaftState } from '../core/raft-state.ts';
import { INDEX_ZERO, type Index, type NodeId } from '../core/types.ts';

type Configured = Pick<RaftState, 'configuration' | 'configurations'>;

/** MC1: the one that counts, with its place and addresses. */
export function membershipInForce({
  configurations,
}: Pick<RaftState, 'configurations'>): MembershipAt {
  const last = configurations.at(-1);
  assert(last !== undefined, 'MC1: some configuration counts');
  return last;
}

/** The index of the entry that counts; that of the base, if no entry of the log says anything. */
export function configurationIndex({ configurations }: Pick<RaftState, 'configurations'>): Index {
  return configurations.at(-1)?.index ?? INDEX_ZERO;
}

/** What changes when these are the configurations of the log. */
export function withConfigurations(configurations: readonly MembershipAt[]): Configured {
  const { configuration } = membershipInForce({ configurations });
  return { configuration, configurations };
}

/** MC1: of the spans from `firstNew` on, which replace whatever the log holds from there. `null`: nothing changes. */
export function configurationsAfter(
  { configurations }: Pick<RaftState, 'configurations'>,
  spans: readonly EntrySpan[],
  firstNew: Index,
): Configured | null {
  const isTruncated = configurationIndex({ configurations }) >= firstNew;
  const kept = isTruncated
    ? configurations.filter(({ index }) => index < firstNew)
    : configurations;
  const added = spans.flatMap(({ firstIndex, membership }) =>
    membership === undefined || firstIndex < firstNew ? [] : [{ ...membership, index: firstIndex }],
  );
  return isTruncated || added.length > 0 ? withConfigurations([...kept, ...added]) : null;
}

/** What is committed is never truncated: the configurations before the newest committed one are needed no more. */
export function configurationsAtCommit(
  { configurations }: Pick<RaftState, 'configurations'>,
  commitIndex: Index,
): Pick<RaftState, 'configurations'> | null {
  const isOld = (at: number): boolean =>
    (configurations[at + 1]?.index ?? commitIndex + 1) <= commitIndex;
  if (!isOld(0)) return null;
  return { configurations: configurations.filter((_, at) => !isOld(at)) };
}

/**
 * MC5: may campaign and lead: it votes in the configuration that counts, or in one that may count again. Whoever is not part
 * of the newest one may still be needed to commit it (§4.2.2, D9), and does not count itself then.
 */
export function isElectable({
  id,
  configurations,
}: Pick<RaftState, 'id' | 'configurations'>): boolean {
  return configurations.some(({ configuration }) => isVoter(configuration, id));
}

/** Everyone whom a configuration names that counts, or may count again. */
export function everyone({ configurations }: Pick<RaftState, 'configurations'>): readonly NodeId[] {
  const [only, ...others] = configurations;
  if (only !== undefined && others.length === 0) return members(only.configuration);
  return [...new Set(configurations.flatMap(({ configuration }) => members(configuration)))].sort();
}

/** What a step has changed about who counts; `null`: nothing. Costs nothing as long as no configuration is touched. */
interface MembersChange {
  readonly effect: ConfigurationChanged;
  /** Whether the node votes in some configuration from now on, or in none any more; `null`: as before. */
  readonly isElectable: boolean | null;
}

export function membersChange(
  before: RaftState,
  changes: Partial<RaftState>,
): MembersChange | null {
  if (changes.configurations === undefined) return null;
  const after = { ...before, ...changes };
  const [old, now] = [everyone(before), everyone(after)];
  const membership = membershipInForce(after);
  const isElectableNow = isElectable(after);
  return {
    effect: {
      type: 'configurationChanged',
      membership,
      isCommitted: membership.index <= after.commitIndex,
      come: now.filter((id) => !old.includes(id)),
      gone: old.filter((id) => !now.includes(id)),
    },
    isElectable: isElectableNow === isElectable(before) ? null : isElectableNow,
  };
}
