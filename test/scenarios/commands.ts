/** What a play may say: each command moves the stage by itself, or tells it what to do from now on. */
import { type NodeId, nodeId } from '../../src/core/types.ts';
import type { Envelope } from '../../src/testing/mini-cluster/held-network.ts';
import { countOf } from './cast.ts';
import { failureInWords, outcomeInWords } from './in-words.ts';
import { PlayError } from './play-error.ts';
import type { PlayMember } from './play-member.ts';
import { select } from './selection.ts';
import { describe, type Stage } from './stage.ts';
import { progressOf, tableOf } from './table.ts';

type Command = (stage: Stage, words: readonly string[]) => Promise<void> | void;

/** Bound: rounds of messages until all is said. */
const SETTLE_ROUNDS_MAX = 100;
/** Clients of a play are patient: none of their calls ends by time, in milliseconds. */
const PATIENCE_MS = 1_000_000;
/** Longer than a leader lets a peer without news of the commit index wait, in milliseconds. */
const NOTICE_MS = 10;

export const COMMANDS: Readonly<Record<string, Command>> = {
  // Time.
  timeout: (stage, words) => eachOf(stage, words, (member) => timeOut(stage, member)),
  doubt: (stage, words) => eachOf(stage, words, (member) => until(stage, member, /TimeoutMinimum/)),
  heartbeat: (stage, words) =>
    eachOf(stage, words, (member) => until(stage, member, /heartbeatInterval/)),
  wait: (stage, [time = '', ...who]) =>
    eachOf(stage, who, (member) => stage.pass(member, countOf(time))),

  /** Time passes on these clocks, and everything that is said meanwhile arrives at once. */
  run: (stage, [time = '', ...who]) =>
    eachOf(stage, who, async (member) => {
      const endMs = member.nowMs + countOf(time);
      while (member.step(endMs)) {
        await stage.quiesce();
        await settle(stage);
      }
      member.rest(endMs);
    }),

  /** A whole election, of which only the end is told. */
  elect: async (stage, [who = '', ...rest]) => {
    const member = stage.member(who);
    if (rest.length > 0) throw new PlayError('one member is elected');
    await timeOut(stage, member);
    await settle(stage);
    stage.takeLines();
    if (member.node?.inspection().leads !== true) throw new PlayError(`${who} was not elected`);
    stage.say(`${who} leads term ${member.node.inspection().raft?.term}`);
  },

  // Messages.
  deliver: async (stage, words) => {
    const chosen = chosenOf(stage.network.underWay, words);
    stage.network.take(chosen);
    for (const envelope of chosen) await stage.bring(envelope);
  },
  repeat: async (stage, words) => {
    for (const envelope of chosenOf(stage.network.underWay, words)) await stage.bring(envelope);
  },
  drop: (stage, words) => stage.network.drop(chosenOf(stage.network.underWay, words)),
  hold: (stage, words) => {
    const chosen = chosenOf(stage.network.underWay, words);
    stage.network.hold(chosen);
    for (const envelope of chosen) stage.say(`${describe(envelope)} (held)`);
  },
  release: async (stage, words) => {
    const chosen = chosenOf(stage.network.held, words);
    stage.network.take(chosen);
    for (const envelope of chosen) await stage.bring(envelope);
  },
  settle: (stage) => settle(stage),
  flight: (stage) => {
    for (const envelope of stage.network.underWay) stage.say(describe(envelope));
    for (const envelope of stage.network.held) stage.say(`${describe(envelope)} (held)`);
  },

  // Links.
  cut: (stage, words) => {
    if (words[0] === 'from') {
      const [, from = '', , to = ''] = words;
      return stage.network.cut(stage.member(from).id, stage.member(to).id);
    }
    const [one, other] = twoOf(stage, words);
    cutBoth(stage, one.id, other.id);
  },
  isolate: (stage, words) =>
    eachOf(stage, words, ({ id }) => {
      for (const other of stage.all) if (other.id !== id) cutBoth(stage, id, other.id);
    }),
  partition: (stage, words) => partition(stage, words),
  mend: (stage) => stage.network.mend(),
  disconnect: async (stage, words) => {
    const [one, other] = twoOf(stage, words);
    stage.network.disconnect(one.id, other.id);
    await stage.quiesce();
  },
  reconnect: async (stage, words) => {
    const [one, other] = twoOf(stage, words);
    stage.network.reconnect(one.id, other.id);
    await stage.connect(one, other);
  },

  // Disks and processes.
  slow: (stage, words) =>
    eachOf(stage, words, ({ disk }) => {
      disk.isSlow = true;
    }),
  write: (stage, words) =>
    eachOf(stage, words, async ({ disk, id }) => {
      if (!disk.isWriting) throw new PlayError(`${id} has nothing to write`);
      disk.complete();
      await stage.quiesce();
    }),
  fast: (stage, words) =>
    eachOf(stage, words, async ({ disk }) => {
      disk.isSlow = false;
      await stage.quiesce();
    }),
  fail: (stage, words) =>
    eachOf(stage, words, ({ disk }) => {
      disk.isBroken = true;
    }),
  crash: async (stage, [who = '', ...how]) => {
    const member = stage.member(who);
    const isWritten = how.join(' ') === 'after its write';
    if (how.length > 0 && !isWritten) throw new PlayError(`crash how? "${how.join(' ')}"`);
    await member.crash({ isWritten });
    stage.say(`${who} dies`);
    stage.network.kill(member.id);
    await stage.quiesce();
  },
  restart: (stage, words) =>
    eachOf(stage, words, async (member) => {
      if (member.node !== null) throw new PlayError(`${member.id} is up`);
      await member.start();
      stage.say(`${member.id} starts: ${diskInWords(member)}`);
      for (const other of stage.all) if (other !== member) await stage.connect(member, other);
    }),

  // Clients.
  propose: async (stage, [who = '', ...texts]) => {
    const { node } = stage.member(who);
    for (const text of texts) {
      node?.submit(new TextEncoder().encode(text), { timeoutMs: PATIENCE_MS }, (outcome) =>
        stage.say(`client of ${who}: ${text} ${outcomeInWords(outcome)}`),
      );
    }
    await stage.quiesce();
  },
  transfer: async (stage, [who = '', to]) => {
    const { node } = stage.member(who);
    const target = to === undefined ? null : nodeId(to);
    node?.transferLeadership(target, { timeoutMs: PATIENCE_MS }, (outcome) => {
      const end =
        outcome.type === 'moved' ? `${outcome.leader} leads` : failureInWords(outcome.error);
      stage.say(`client of ${who}: ${end}`);
    });
    await stage.quiesce();
  },
  read: async (stage, [who = '', key = '', ...by]) => {
    const member = stage.member(who);
    const lease = by.join(' ') === 'by lease';
    member.node?.awaitReadable({ timeoutMs: PATIENCE_MS, lease }, (error, granted) => {
      const value = member.values.get(key);
      const seen = value === undefined ? `there is no ${key}` : `${key} is ${value}`;
      const how = granted === undefined ? '' : ', by lease';
      stage.say(`client of ${who}: ${error === null ? `${seen}${how}` : failureInWords(error)}`);
    });
    await stage.quiesce();
  },

  // Looking.
  show: (stage, words) => {
    const members = words.length === 0 ? stage.all : words.map((name) => stage.member(name));
    for (const line of tableOf(members)) stage.say(line);
  },
  progress: (stage, words) =>
    eachOf(stage, words, (member) => {
      for (const line of progressOf(member, stage.all)) stage.say(line);
    }),
  values: (stage, words) =>
    eachOf(stage, words, ({ id, values }) => {
      const all = [...values].map(([key, value]) => `${key}=${value}`);
      stage.say(`${id} ${all.join(' ') || 'nothing'}`);
    }),
};

/** A command about no message at all is a mistake in the play. */
function chosenOf(envelopes: readonly Envelope[], words: readonly string[]): readonly Envelope[] {
  const chosen = select(envelopes, words);
  if (chosen.length === 0) throw new PlayError('there is no such message');
  return chosen;
}

/** Every member named, all of them if none is. */
async function eachOf(
  stage: Stage,
  names: readonly string[],
  act: (member: PlayMember) => Promise<void> | void,
): Promise<void> {
  const members = names.length === 0 ? stage.all : names.map((name) => stage.member(name));
  for (const member of members) await act(member);
}

function twoOf(stage: Stage, words: readonly string[]): readonly [PlayMember, PlayMember] {
  const [one, other, ...rest] = words.map((name) => stage.member(name));
  if (one === undefined || other === undefined || rest.length > 0) {
    throw new PlayError('this command takes two members');
  }
  return [one, other];
}

function diskInWords({ disk, node }: PlayMember): string {
  const { hardState, lastIndex, lastTerm } = disk.durable;
  const vote = hardState.votedFor === null ? 'no vote' : `vote for ${hardState.votedFor}`;
  const commitIndex = node?.status().commitIndex ?? 0;
  const known = commitIndex === 0 ? '' : `, commit ${commitIndex}`;
  return `term ${hardState.term}, ${vote}, log ends at ${lastTerm}/${lastIndex}${known}`;
}

/** A leader looks whether a quorum has answered; anyone else loses patience with whoever should lead. */
async function timeOut(stage: Stage, member: PlayMember): Promise<void> {
  if (member.node === null) throw new PlayError(`${member.id} is down`);
  const leads = member.node.inspection().leads;
  await until(
    stage,
    member,
    leads ? /quorumCheck/ : /electionTimeout(Rest)?\.|leaderlessTimeout|suspicion/,
  );
}

async function until(stage: Stage, member: PlayMember, event: RegExp): Promise<void> {
  if (member.node === null) throw new PlayError(`${member.id} is down`);
  await stage.runClock(member, (events) => events.some((name) => event.test(name)));
}

/** Delivers everything, and what comes of it, and lets leaders tell what is committed. */
async function settle(stage: Stage): Promise<void> {
  for (let round = 0; round < SETTLE_ROUNDS_MAX; round += 1) {
    const chosen = stage.network.underWay;
    if (chosen.length === 0 && !(await tellCommits(stage))) return;
    stage.network.take(chosen);
    for (const envelope of chosen) await stage.bring(envelope);
  }
  throw new PlayError('the members do not come to rest');
}

/** False: nobody owes any peer a commit index. */
async function tellCommits(stage: Stage): Promise<boolean> {
  const owing = stage.all.filter((member) => member.owesCommit);
  for (const member of owing) await stage.pass(member, NOTICE_MS);
  return owing.length > 0;
}

function cutBoth(stage: Stage, one: NodeId, other: NodeId): void {
  stage.network.cut(one, other);
  stage.network.cut(other, one);
}

/** `n1 n2 | n3 n4 n5`: nothing passes between the groups any more. */
function partition(stage: Stage, words: readonly string[]): void {
  const groups = words
    .join(' ')
    .split('|')
    .map((group) => group.trim().split(' '));
  const ids = stage.all.map(({ id }) => id);
  stage.network.partition(ids, groups);
}
