/**
 * What a member knows (UP1). Both numbers count from build to build: whoever knows one knows all below it. What is put into
 * the log must be known to every member, or those that do not know it would have to stop at it (UP2).
 */
import { OLDEST_PROTOCOL_VERSION } from './hello.ts';

export interface Versions {
  /** Of what members say to each other, and of the kinds of entries. */
  readonly protocol: number;
  /** Of the commands of the state machine. */
  readonly machine: number;
}

/** Every machine begins with this version, and so does whoever says none. */
export const FIRST_MACHINE_VERSION = 1;

/** What every member knows that is spoken with at all. */
export const LOWEST_VERSIONS: Versions = {
  protocol: OLDEST_PROTOCOL_VERSION,
  machine: FIRST_MACHINE_VERSION,
};
