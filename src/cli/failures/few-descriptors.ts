/** A lack of file descriptors, told apart from a fault: it may come before the node's own check, as modules load (SP2). */
import { DESCRIPTORS_MIN } from '../../library/descriptor-limits.ts';
import { descriptorLimit } from '../../server/admission/descriptor-limit.ts';

/** What to do about it, if that is what `error` says; `null`: it is something else. */
export function fewDescriptors(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENFILE') return adviceFor('This system', 'its limit of open files');
  const isShort = code === 'EMFILE' || (code === 'ERR_MODULE_NOT_FOUND' && isLimitLow());
  return isShort ? adviceFor('This process', 'the limit (ulimit -n)') : null;
}

/** Node.js says of a package that it cannot look at, for want of a descriptor, that there is none. */
function isLimitLow(): boolean {
  return descriptorLimit() < DESCRIPTORS_MIN;
}

function adviceFor(whose: string, limit: string): string {
  return `${whose} may not open more files, and a node needs ${DESCRIPTORS_MIN}. Raise ${limit} to at least that and start again.`;
}
