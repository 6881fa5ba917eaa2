/**
 * What V8's profiler saw between two moments: stacks, and how often each. Samples are counted, not timed: while a
 * thread waits for a core none is taken, and the next one would be charged for the wait.
 */
import type { CallFrame, Frame } from './places.ts';

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** In microseconds, of the clock that `process.hrtime` reads as well. */
  readonly startTime: number;
  /** Of each sample the id of its innermost node, and the microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

/** Outermost first, without V8's own root. */
export interface Stack {
  readonly frames: readonly Frame[];
  readonly samples: number;
}

const IDLE = '(idle)';

/** Without those in which nothing ran. */
export function busyStacks(
  profile: CpuProfile,
  { fromNs, toNs }: { readonly fromNs: number; readonly toNs: number },
  frameOf: (frame: CallFrame) => Frame,
): readonly Stack[] {
  const framesOf = stackReader(profile, frameOf);
  const counts = new Map<number, number>();
  let atUs = profile.startTime;
  for (const [at, node] of profile.samples.entries()) {
    atUs += profile.timeDeltas[at] ?? 0;
    const isWithin = atUs * 1_000 >= fromNs && atUs * 1_000 < toNs;
    if (isWithin) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts]
    .map(([node, samples]) => ({ frames: framesOf(node), samples }))
    .filter(({ frames }) => frames.at(-1)?.name !== IDLE);
}

function stackReader(
  { nodes }: CpuProfile,
  frameOf: (frame: CallFrame) => Frame,
): (node: number | undefined) => readonly Frame[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const callers = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const framesOf = (id: number | undefined): readonly Frame[] => {
    const node = byId.get(id ?? 0);
    if (node === undefined || node.callFrame.functionName === '(root)') return [];
    return [...framesOf(callers.get(node.id)), frameOf(node.callFrame)];
  };
  return framesOf;
}
