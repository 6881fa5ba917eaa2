/** The cases by name. */
import { measureBackup } from './backup.ts';
import { measureCatchUp } from './catch-up.ts';
import { measureEncryption } from './encryption.ts';
import type { Finding } from './finding.ts';
import { measureLargeState } from './large-state.ts';
import { measureOverload } from './overload.ts';
import type { Sizes } from './sizes.ts';
import { measureStartUp } from './start-up.ts';
import { measureStoppedFollower } from './stopped-follower.ts';

type Case = (sizes: Sizes) => Promise<readonly Finding[]>;

export const CASES: ReadonlyMap<string, Case> = new Map([
  ['start-up', measureStartUp],
  ['catch-up', measureCatchUp],
  ['large-state', measureLargeState],
  ['stopped-follower', measureStoppedFollower],
  ['overload', measureOverload],
  ['backup', measureBackup],
  ['encryption', measureEncryption],
]);
