/**
 * The stacks of a profile as one tree, for a picture: what calls, above what is called. Of others' packages, and of Node.js, only
 * the way in is shown; closures without a name count for whoever called them; what does nothing but call the next of its own
 * file is one with it, and what is too small to be seen is folded.
 */
import { samplesOf } from './budget.ts';
import type { Stack } from './cpu-profile.ts';
import type { Frame } from './places.ts';
import { type Stage, stageOf } from './stages.ts';

/** Of a function's samples: whoever calls one that has so many does nothing else. */
const NEARLY_ALL = 0.95;

export interface Flame {
  readonly name: string;
  readonly place: string;
  readonly stage: Stage;
  /** With all that it calls. */
  readonly samples: number;
  readonly callees: readonly Flame[];
}

/** A name for what was folded. */
export const FOLDED = '…';

interface Growing {
  readonly step: Step;
  samples: number;
  readonly callees: Map<string, Growing>;
}

interface Step extends Frame {
  readonly stage: Stage;
}

/** The widest first. */
export function flamesOf(stacks: readonly Stack[]): readonly Flame[] {
  const roots = new Map<string, Growing>();
  for (const { frames, samples } of stacks) {
    let level = roots;
    for (const step of stepsOf(frames)) {
      const key = `${step.name} ${step.place} ${step.stage}`;
      const grown = level.get(key) ?? { step, samples: 0, callees: new Map() };
      grown.samples += samples;
      level.set(key, grown);
      level = grown.callees;
    }
  }
  return ordered(roots);
}

/** Without those of fewer samples than `least`: beside others they become one, which calls nothing. */
export function folded(flames: readonly Flame[], least: number): readonly Flame[] {
  const seen = flames.filter(({ samples }) => samples >= least);
  const rest = flames.reduce((sum, { samples }) => sum + samples, 0) - samplesOf(seen);
  const kept = seen.map((flame) => ({ ...flame, callees: folded(flame.callees, least) }));
  if (rest === 0) return kept;
  return [...kept, { name: FOLDED, place: '', stage: 'rest', samples: rest, callees: [] }];
}

function ordered(level: ReadonlyMap<string, Growing>): readonly Flame[] {
  return [...level.values()]
    .map(({ callees, samples, step: { name, place, stage } }) =>
      shortened({ name, place, stage, samples, callees: ordered(callees) }),
    )
    .sort((left, right) => right.samples - left.samples);
}

function shortened(flame: Flame): Flame {
  const [next] = flame.callees;
  if (next?.place !== flame.place || next.stage !== flame.stage) return flame;
  return next.samples >= flame.samples * NEARLY_ALL && flame.callees.length === 1
    ? { ...flame, callees: next.callees }
    : flame;
}

function stepsOf(frames: readonly Frame[]): readonly Step[] {
  const steps: Step[] = [];
  for (const [at, frame] of frames.entries()) {
    const isLast = at === frames.length - 1;
    const step = { ...frame, stage: stageOf(frames.slice(0, at + 1)) };
    const above = steps.at(-1);
    if (above === undefined || !isHidden(step, above, isLast)) steps.push(step);
  }
  return steps;
}

function isHidden(step: Step, above: Step, isLast: boolean): boolean {
  if (step.place === '') return !isLast;
  if (step.stage !== above.stage) return false;
  if (step.name === '(anonymous)' || step.place.startsWith('node:')) return true;
  return step.place === above.place && (step.name === above.name || isOfOthers(step.place));
}

function isOfOthers(place: string): boolean {
  return !/^(src|machines|test)\//.test(place);
}
