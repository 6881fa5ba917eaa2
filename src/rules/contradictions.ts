/**
 * Which limits and times cannot hold together (CF1–CF3). Each relation is what some other file takes for granted:
 * what a leader gathers it must also be able to send (TR9), a message counts its runs in 16 bits (TR5), a hello
 * is a frame like any other (TR1), a follower must be able to miss a heartbeat (EL12). A set that passes never
 * halts a node by its size; bounds that merely slow it down, even to 1, are left alone. Asked before anything is
 * touched, by the library, the command line and the simulator.
 */
import { ENTRY_HEADER_BYTES, RUN_HEADER_BYTES } from '../core/entry-run.ts';
import {
  DEFAULT_LIMITS,
  HEADER_FRAME_BYTES_MAX,
  type Limits,
  RUNS_PER_MESSAGE_MAX,
  SOCKET_FRAME_BYTES_MAX,
  TIMER_MS_MAX,
} from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import { DEFAULT_TIMING } from './timing.ts';

/** How the reader knows a setting: by its own name, or as a flag of the command line. */
type NameOf<Name extends string> = (name: Name) => string;

/** The smallest run holds one empty entry: a message of so many bytes can count its runs, whatever they are. */
const COUNTABLE_BYTES = RUNS_PER_MESSAGE_MAX * (RUN_HEADER_BYTES + ENTRY_HEADER_BYTES);

/** The first contradiction in one sentence: settings, values, why, and what to change. `null`: there is none. */
export function contradictionInLimits(
  limits: Limits,
  nameOf: NameOf<keyof Limits> = (name) => name,
): string | null {
  for (const [name, value] of Object.entries(limits)) {
    if (!isLimitName(name)) return `${name} is not a limit. See the type Limits.`;
    if (!isWhole(value, 1)) return `${nameOf(name)} must be a whole number from 1; it is ${value}.`;
  }
  const shown = (name: keyof Limits): string => `${nameOf(name)} ${limits[name]}`;
  const { frameBytesMax, messageBytesMax, proposalBytesMax, commandBytesMax } = limits;
  if (frameBytesMax < HEADER_FRAME_BYTES_MAX) {
    return `${shown('frameBytesMax')} is too small: members greet each other in frames of up to ${HEADER_FRAME_BYTES_MAX} bytes. Raise it.`;
  }
  if (frameBytesMax > SOCKET_FRAME_BYTES_MAX) {
    return `${shown('frameBytesMax')} is too large: no more than ${SOCKET_FRAME_BYTES_MAX} can be enforced. Lower it.`;
  }
  const { largest, bytes } = largestRun(limits);
  if (bytes > frameBytesMax) {
    return `${shown(largest)} does not fit into ${shown('frameBytesMax')}: a leader could not send what it has written, up to ${bytes} bytes with headers. Raise the latter, or lower the former.`;
  }
  if (messageBytesMax > COUNTABLE_BYTES) {
    return `${shown('messageBytesMax')} is too large: only in ${COUNTABLE_BYTES} bytes can every number of runs be counted. Lower it.`;
  }
  if (commandBytesMax > proposalBytesMax) {
    return `${shown('commandBytesMax')} does not fit into ${shown('proposalBytesMax')}: the largest command would be refused for ever, as overload. Raise the latter, or lower the former.`;
  }
  return null;
}

/** As for limits. */
export function contradictionInTiming(
  timing: RaftTiming,
  nameOf: NameOf<keyof RaftTiming> = (name) => name,
): string | null {
  for (const [name, value] of Object.entries(timing)) {
    if (!isTimingName(name)) return `${name} is not a time. See the type RaftTiming.`;
    const min = name === 'suspicionStepMs' ? 0 : 1;
    if (!isWhole(value, min) || value > TIMER_MS_MAX) {
      return `${nameOf(name)} must be a whole number from ${min} to ${TIMER_MS_MAX}; it is ${value}.`;
    }
  }
  const shown = (name: keyof RaftTiming): string => `${nameOf(name)} ${timing[name]}`;
  const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = timing;
  if (electionTimeoutMinMs > electionTimeoutMaxMs) {
    return `${shown('electionTimeoutMinMs')} is longer than ${shown('electionTimeoutMaxMs')}. Exchange them.`;
  }
  if (heartbeatIntervalMs * 2 > electionTimeoutMinMs) {
    return `${shown('heartbeatIntervalMs')} is too long for ${shown('electionTimeoutMinMs')}: a follower must miss two heartbeats before it campaigns. Raise the latter, or lower the former.`;
  }
  return null;
}

/**
 * The most that a leader writes as one run: what it gathers, all that one message from a follower passes on, or
 * a single command that is larger than both bounds.
 */
function largestRun({ runBytesMax, messageBytesMax, commandBytesMax }: Limits): {
  readonly largest: keyof Limits;
  readonly bytes: number;
} {
  const entries = [
    { largest: 'commandBytesMax', bytes: commandBytesMax + ENTRY_HEADER_BYTES },
    { largest: 'runBytesMax', bytes: runBytesMax },
    { largest: 'messageBytesMax', bytes: messageBytesMax },
  ] as const;
  const { largest, bytes } = entries.reduce((most, each) =>
    each.bytes > most.bytes ? each : most,
  );
  return { largest, bytes: bytes + RUN_HEADER_BYTES };
}

function isLimitName(name: string): name is keyof Limits {
  return Object.hasOwn(DEFAULT_LIMITS, name);
}

function isTimingName(name: string): name is keyof RaftTiming {
  return Object.hasOwn(DEFAULT_TIMING, name);
}

function isWhole(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= min;
}
