/**
 * What a node tells of itself, as lines of the log (OP3–OP6): its role, its disk, its trouble with other nodes, and why
 * it has been without a leader for long. Each once when it changes; the last at growing intervals.
 */
import type { Clock } from '../../ports/clock.ts';
import type { LinkStatus, Replica, ReplicaStatus } from '../../ports/replica.ts';
import { LEADERLESS_INTERVAL_MAX_MS } from '../limits.ts';
import type { Log } from './json-log.ts';

/** Without a leader for so long, a node says why; then after twice as long, up to the bound, in milliseconds. */
export const LEADERLESS_FIRST_MS = 10_000;

/** Returns how to stop it. */
export function logNode(replica: Replica, log: Log, clock: Clock): () => void {
  const { role, term, leader } = replica.status();
  log('info', 'role', { role, term, leader, cause: 'started' });
  const enders = [
    replica.onRole((event) =>
      log(event.role === 'halted' ? 'error' : 'info', 'role', { ...event }),
    ),
    replica.onPeer((event) => log(event.isOver ? 'info' : 'warn', 'peer', { ...event })),
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
      log('warn', 'leaderless', { forSeconds, reason: leaderlessReason(replica.status()) });
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
