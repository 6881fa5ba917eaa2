/**
 * What a node tells of itself, as lines of the log (OP3–OP6): its role, its disk, its trouble with other nodes, and why
 * it has been without a leader for long. Each once when it changes; the last at growing intervals.
 */
import type { Clock } from '../../ports/clock.ts';
import type { LinkStatus, PeerEvent, Replica, ReplicaStatus } from '../../ports/replica.ts';
import { LEADERLESS_INTERVAL_MAX_MS } from '../limits.ts';
import type { Log, LogFields } from './json-log.ts';

/** Without a leader for so long, a node says why; then after twice as long, up to the bound, in milliseconds. */
export const LEADERLESS_FIRST_MS = 10_000;

/** Without a leader for so long, a node says what may be wrong with those of whom it has heard nothing, in seconds. */
const NEVER_CALLED_SECONDS = 30;

/** Returns how to stop it. */
export function logNode(replica: Replica, log: Log, clock: Clock): () => void {
  const { role, term, leader } = replica.status();
  log('info', 'role', { role, term, leader, cause: 'started' });
  const enders = [
    replica.onRole((event) =>
      log(event.role === 'halted' ? 'error' : 'info', 'role', { ...event }),
    ),
    replica.onPeer((event) =>
      log(event.isOver ? 'info' : 'warn', 'peer', peerFields(event, replica)),
    ),
    replica.onDisk((event) => log(event.isStalled ? 'warn' : 'info', 'disk', { ...event })),
    replica.onSnapshot((event) =>
      log(event.type === 'refused' ? 'warn' : 'info', 'snapshot', { ...event }),
    ),
    replica.onMembers((event) => {
      if (event.isCommitted) log('info', 'members', { ...event });
    }),
    logLeaderless(replica, log, clock),
  ];
  return () => {
    for (const end of enders) end();
  };
}

/** Names of strangers can be made up. */
function peerFields(event: PeerEvent, replica: Replica): LogFields {
  if (event.problem !== 'refused') return { ...event };
  const { learners, voters } = replica.status().members;
  const isMember = [...voters, ...learners].some((member) => member === event.peer);
  return isMember ? { ...event } : { ...event, isStranger: true };
}

/** Why no leader is known: what keeps this node from each of the others. */
export function leaderlessReason({ role, links }: ReplicaStatus): string {
  const each = links.map(linkSentence);
  return [`no leader is known (this node is ${role})`, ...each].join('; ');
}

function linkSentence({ peer, state, problem, reason }: LinkStatus): string {
  if (problem === 'refuses') return `${peer} refuses this node: ${reason}`;
  if (problem === 'refused') return `this node refuses ${peer}: ${reason}`;
  if (state === 'open') return `${peer} is connected`;
  return `${peer} cannot be reached: ${reason ?? 'it has not called yet'}`;
}

/** `null`: each of the others has called, or was called. It may be for ever that they do not: nobody calls whom he does not know. */
function neverCalledText({ links }: ReplicaStatus): string | null {
  const silent = links.filter((link) => link.state !== 'open' && link.reason === null);
  if (silent.length === 0) return null;
  const names = silent.map(({ peer }) => peer).join(', ');
  return `${names}: no call since this node started. They do not run, or do not know this node here: it was removed, has another address than they know (--peers, --peer-listen), or is of another cluster. Ask one that runs: raftchart members --endpoints URL. A removed node comes back by another name and an empty directory (--join).`;
}

/** Returns how to stop it. */
function logLeaderless(replica: Replica, log: Log, clock: Clock): () => void {
  let timer: unknown = null;
  let since = clock.now();
  const rest = (): void => {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  };
  const wait = (delayMs: number): void => {
    timer = clock.setTimeout(() => {
      const forSeconds = Math.round((clock.now() - since) / 1000);
      const status = replica.status();
      const message = forSeconds < NEVER_CALLED_SECONDS ? null : neverCalledText(status);
      const reason = leaderlessReason(status);
      log('warn', 'leaderless', { forSeconds, reason, ...(message !== null && { message }) });
      wait(Math.min(2 * delayMs, LEADERLESS_INTERVAL_MAX_MS));
    }, delayMs);
  };
  const stopListening = replica.onRole(({ leader, role }) => {
    if (leader !== null || role === 'halted') return rest();
    if (timer !== null) return;
    since = clock.now();
    wait(LEADERLESS_FIRST_MS);
  });
  if (replica.status().leader === null) wait(LEADERLESS_FIRST_MS);
  return () => {
    stopListening();
    rest();
  };
}
