/**
 * The search for the last entry on which two logs agree: `backtrack` on the leader's side and the hints of
 * `acceptEntries` on the follower's, held against comparing the logs entry by entry (§3.5, B1, B8, B13).
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Replicate } from '../../src/core/effect.ts';
import type { AppendEntries, AppendEntriesReply } from '../../src/core/message.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import { index, term } from '../../src/core/types.ts';
import { acceptEntries } from '../../src/rules/log-matching.ts';
import * as progress from '../../src/rules/progress.ts';
import { logOf, N2, raftState } from '../machines/harness.ts';
import { commonLength, leaderAndFollower, spansBetween, type Terms } from './arbitraries.ts';

const TERM = 9;

/** One leader and one follower, with nothing but rules between them. */
class Pair {
  readonly leaderLog: Terms;
  readonly bytesMax: number;
  follower: RaftState;
  leader: ReplicationState;
  probes = 0;
  rejections = 0;
  readonly replies: AppendEntriesReply[] = [];

  /** The leader has just appended its no-op; one message carries `bytesMax` entries. */
  constructor(leaderLog: Terms, followerLog: Terms, bytesMax: number) {
    this.leaderLog = [...leaderLog, TERM];
    this.bytesMax = bytesMax;
    this.follower = raftState({ term: term(TERM), log: logOf(followerLog) });
    this.leader = progress.startProgress({
      peer: N2,
      term: term(TERM),
      log: logOf(this.leaderLog),
      nextIndex: index(this.leaderLog.length),
      commitIndex: index(0),
      limits: { messageBytesMax: bytesMax, inflightMessagesMax: 1, inflightBytesMax: 1 },
    });
  }

  probe(): AppendEntriesReply {
    this.probes += 1;
    const step = progress.probe(this.leader);
    this.take(step);
    const [effect] = step.effects;
    const reply = this.deliver(this.pack(effect as Replicate));
    this.replies.push(reply);
    return reply;
  }

  pack({ prevIndex, throughIndex }: Replicate): AppendEntries {
    return {
      type: 'AppendEntries',
      term: term(TERM),
      prevLog: { term: term(this.leaderLog[prevIndex - 1] ?? 0), index: prevIndex },
      lastIndex: index(Math.min(throughIndex, prevIndex + this.bytesMax)),
      commitIndex: index(0),
      round: 0,
    };
  }

  deliver(message: AppendEntries): AppendEntriesReply {
    const spans = spansBetween(this.leaderLog, message.prevLog.index, message.lastIndex);
    const step = acceptEntries(this.follower, N2, message, spans);
    this.follower = { ...this.follower, ...step.changes };
    const reply = step.effects.find((effect) => effect.type === 'send')?.message;
    if (reply?.type !== 'AppendEntriesReply') throw new Error('every request is answered');
    return reply;
  }

  /** As the replication chart does while it probes. */
  hear({ prevIndex, result, round }: AppendEntriesReply): void {
    if (result.accepted) this.take(progress.recordAcceptance(this.leader, { ...result, round }));
    else if (progress.isOpenRejection(this.leader, { prevIndex }, true)) {
      this.rejections += 1;
      const log = logOf(this.leaderLog);
      this.take(progress.backtrack(this.leader, { round, rejection: result, log }));
    }
    expect(this.leader.nextIndex, 'LR4: matchIndex < nextIndex').toBeGreaterThan(
      this.leader.matchIndex,
    );
  }

  take({ changes }: progress.ReplicationStep): void {
    this.leader = { ...this.leader, ...changes };
  }
}

function distinct(of: Terms): number {
  return new Set(of).size;
}

it('[LR7] [B1] the search ends where comparing entry by entry ends, with one probe per diverging term and one more', () => {
  fc.assert(
    fc.property(leaderAndFollower, ({ leader, follower }) => {
      const pair = new Pair(leader, follower, 100);
      const common = commonLength(leader, follower);
      while (pair.leader.matchIndex === 0) {
        const reply = pair.probe();
        pair.hear(reply);
        if (reply.result.accepted) expect(reply.prevIndex).toBeLessThanOrEqual(common);
        expect(pair.probes).toBeLessThan(50);
      }
      const diverging = Math.min(distinct(follower.slice(common)), distinct(leader.slice(common)));
      expect(pair.rejections).toBeLessThanOrEqual(diverging + 1);
      expect(pair.follower.log).toEqual(logOf(pair.leaderLog));
    }),
    { numRuns: 3_000 },
  );
});

it('[LR7] the search ends at the very last entry that both hold', () => {
  fc.assert(
    fc.property(leaderAndFollower, ({ leader, follower }) => {
      const pair = new Pair(leader, follower, 100);
      let reply = pair.probe();
      while (!reply.result.accepted) {
        pair.hear(reply);
        reply = pair.probe();
      }
      expect(reply.prevIndex).toBe(commonLength(leader, follower));
    }),
    { numRuns: 2_000 },
  );
});

it('[LR7] [B13] repair goes on with any size of message, down to one entry, and never offers in vain', () => {
  fc.assert(
    fc.property(
      leaderAndFollower,
      fc.integer({ min: 1, max: 3 }),
      ({ leader, follower }, bytesMax) => {
        const pair = new Pair(leader, follower, bytesMax);
        const bound = 2 * (leader.length + 1) + distinct(follower) + 2;
        while (pair.leader.matchIndex < pair.leaderLog.length) {
          pair.hear(pair.probe());
          expect(pair.probes).toBeLessThanOrEqual(bound);
        }
        expect(pair.follower.log).toEqual(logOf(pair.leaderLog));
      },
    ),
    { numRuns: 2_000 },
  );
});

it('[LR5] [B7] [B8] old answers, repeated in any order, neither lower a match nor keep the repair from ending', () => {
  const noise = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(leaderAndFollower, noise, ({ leader, follower }, old) => {
      const pair = new Pair(leader, follower, 2);
      for (let round = 0; pair.leader.matchIndex < pair.leaderLog.length; round += 1) {
        const reply = pair.probe();
        const before = pair.leader.matchIndex;
        const repeated = round < 30 ? (old[round % old.length] ?? []) : [];
        for (const at of repeated) {
          const earlier = pair.replies[at % pair.replies.length];
          if (earlier !== undefined) pair.hear(earlier);
        }
        pair.hear(reply);
        expect(pair.leader.matchIndex).toBeGreaterThanOrEqual(before);
        expect(round).toBeLessThan(100);
      }
      expect(pair.follower.log).toEqual(logOf(pair.leaderLog));
    }),
    { numRuns: 1_000 },
  );
});
