/**
 * The times and limits of `serve`, out of its options. Those that cannot hold together are refused before
 * anything is touched, by the names of the flags (CF1, CF3, CF4).
 */
import { DEFAULT_LIMITS, type Limits } from '../../core/limits.ts';
import type { RaftTiming } from '../../core/raft-state.ts';
import type { SnapshotThresholds } from '../../core/snapshot-thresholds.ts';
import type { Retention } from '../../kv/store/retention.ts';
import { contradictionInLimits, contradictionInTiming } from '../../rules/contradictions.ts';
import {
  contradictionInServerLimits,
  DEFAULT_SERVER_LIMITS,
  type ServerLimits,
} from '../../server/limits.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import type { OptionName, OptionValues } from '../options/option-table.ts';

const LIMIT_OPTIONS = {
  'command-bytes-max': 'commandBytesMax',
  'proposal-bytes-max': 'proposalBytesMax',
  'unapplied-bytes-max': 'unappliedBytesMax',
  'run-bytes-max': 'runBytesMax',
  'message-bytes-max': 'messageBytesMax',
  'inflight-messages-max': 'inflightMessagesMax',
  'inflight-bytes-max': 'inflightBytesMax',
  'socket-bytes-max': 'socketBytesMax',
  'frame-bytes-max': 'frameBytesMax',
  'cache-bytes-max': 'cacheBytesMax',
  'apply-bytes-max': 'applyBytesMax',
  'pending-reads-max': 'pendingReadsMax',
} as const satisfies Partial<Record<OptionName, keyof Limits>>;
type LimitOption = keyof typeof LIMIT_OPTIONS;

const TIMING_FLAGS: Readonly<Record<keyof RaftTiming, string>> = {
  electionTimeoutMinMs: '--election-timeout-ms',
  electionTimeoutMaxMs: '--election-timeout-ms',
  heartbeatIntervalMs: '--heartbeat-interval-ms',
  suspicionStepMs: '--suspicion-step-ms',
};

const LIMIT_NAMES = Object.keys(LIMIT_OPTIONS).filter(isLimitOption);

export const SETTING_OPTIONS = [
  'election-timeout-ms',
  'heartbeat-interval-ms',
  'suspicion-step-ms',
  'lease-reads',
  'value-bytes-max',
  'history-revisions',
  'history-age-ms',
  'snapshot-entries',
  'snapshot-bytes',
  'snapshot-age-ms',
  'snapshot-growth',
  'trailing-entries',
  ...LIMIT_NAMES,
] as const;
type SettingValues = OptionValues<(typeof SETTING_OPTIONS)[number]>;

interface ServeSettings {
  readonly timing: RaftTiming;
  readonly leaseReads: boolean;
  readonly limits: Limits;
  readonly serverLimits: ServerLimits;
  readonly retention: Retention;
  readonly snapshots: SnapshotThresholds;
}

export function serveSettings(values: SettingValues): ServeSettings {
  const timing = timingOf(values);
  const limits = limitsOf(values);
  const serverLimits = {
    ...DEFAULT_SERVER_LIMITS,
    valueBytesMax: values['value-bytes-max'],
    commandBytesMax: values['command-bytes-max'],
  };
  const problem =
    contradictionInTiming(timing, (name) => TIMING_FLAGS[name]) ??
    contradictionInLimits(limits, limitFlag) ??
    contradictionInServerLimits(serverLimits, serverLimitFlag);
  if (problem !== null) throw new CliFailure(EXIT.wrongConfiguration, problem);
  const retention = {
    revisionsMax: values['history-revisions'],
    ageMaxMs: values['history-age-ms'],
  };
  const snapshots = {
    entries: values['snapshot-entries'] || null,
    bytes: values['snapshot-bytes'] || null,
    ageMs: values['snapshot-age-ms'] || null,
    growth: values['snapshot-growth'],
    trailingEntries: values['trailing-entries'],
  };
  const leaseReads = values['lease-reads'];
  return { timing, leaseReads, limits, serverLimits, retention, snapshots };
}

function timingOf(values: SettingValues): RaftTiming {
  const { fromMs, toMs } = values['election-timeout-ms'];
  return {
    electionTimeoutMinMs: fromMs,
    electionTimeoutMaxMs: toMs,
    heartbeatIntervalMs: values['heartbeat-interval-ms'],
    suspicionStepMs: values['suspicion-step-ms'],
  };
}

function limitsOf(values: SettingValues): Limits {
  const limits: { -readonly [Name in keyof Limits]: number } = { ...DEFAULT_LIMITS };
  for (const option of LIMIT_NAMES) limits[LIMIT_OPTIONS[option]] = values[option];
  return limits;
}

function limitFlag(name: keyof Limits): string {
  return `--${LIMIT_NAMES.find((option) => LIMIT_OPTIONS[option] === name) ?? name}`;
}

function serverLimitFlag(name: 'valueBytesMax' | 'commandBytesMax'): string {
  return name === 'valueBytesMax' ? '--value-bytes-max' : '--command-bytes-max';
}

function isLimitOption(name: string): name is LimitOption {
  return Object.hasOwn(LIMIT_OPTIONS, name);
}
