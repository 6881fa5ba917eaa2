/** A lack of file descriptors, told apart from a fault: it may come before the node's own check, as modules load (SP2). */
import { DESCRIPTORS_MIN } from '../library/descriptor-limits.ts';

/** What to do about it, if that is what `error` says; `null`: it is something else. */
export function fewDescriptors(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code !== 'EMFILE' && code !== 'ENFILE') return null;
  const [whose, limit] =
    code === 'EMFILE'
      ? ['This process', 'the limit (ulimit -n)']
      : ['This system', 'its limit of open files'];
  return `${whose} may not open more files, and a node needs ${DESCRIPTORS_MIN}. Raise ${limit} to at least that and start again.`;
}
