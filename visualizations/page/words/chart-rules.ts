/**
 * Why the states and arrows of a chart are there: `pictures/raft.json`, which the build writes beside the picture. What
 * they are, that says.
 */
import { stateIn } from './picture-ids.ts';

export interface ChartRules {
  /** By the id of the group that draws it, their ids, separated by spaces. */
  readonly things: Readonly<Record<string, string>>;
  /** By its id: where it stands (`§3.6.1`, or `own`), and what it says. */
  readonly rules: Readonly<Record<string, readonly [section: string, text: string]>>;
}

/** Of a state or an arrow. An arrow names what its state does not; one without any of its own follows its state's. */
export function rulesOf({ things }: ChartRules, id: string): readonly string[] {
  const own = things[id] ?? things[stateIn(id)] ?? '';
  return own.split(' ').filter((rule) => rule !== '');
}
