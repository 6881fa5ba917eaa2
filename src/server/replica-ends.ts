/** How a member comes to its end, other than by being closed. */
import type { RaftError } from '../core/errors.ts';
import type { Replica } from '../ports/replica.ts';
import type { Log } from './operations/json-log.ts';

/** Resolves once it is no member any more. */
export function removalOf(replica: Replica): Promise<void> {
  return new Promise((resolve) => {
    if (replica.status().isRemoved) return resolve();
    replica.onMembers(({ isRemoved }) => {
      if (isRemoved) resolve();
    });
  });
}

/** Resolves with why it has halted, which is logged. */
export function haltOf(replica: Replica, log: Log): Promise<RaftError> {
  return new Promise((resolve) => {
    replica.onHalt((error) => {
      log('error', 'halted', { code: error.code, message: error.message });
      resolve(error);
    });
  });
}
