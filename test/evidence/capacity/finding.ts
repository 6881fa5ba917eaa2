/** What a case has measured, beside what it should be at most or at least, and its row of the table for people. */

export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'MiB' | '%' | '';
  /** `null`: it is told so that the others can be understood. */
  readonly goal: Goal | null;
}

type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** A value that is no number has missed every goal. */
export function isMet({ goal, value }: Finding): boolean {
  if (goal === null) return true;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

export const FINDING_HEAD = ['case', 'what', 'measured', 'goal', ''];

export function findingRow(name: string, finding: Finding): readonly string[] {
  const { goal, unit, value, what } = finding;
  const verdict = goal === null ? '' : isMet(finding) ? 'met' : 'MISSED';
  return [name, what, inWords(value, unit), goalInWords(finding), verdict];
}

function goalInWords({ goal, unit }: Finding): string {
  if (goal === null) return '';
  return 'atMost' in goal
    ? `at most ${inWords(goal.atMost, unit)}`
    : `at least ${inWords(goal.atLeast, unit)}`;
}

function inWords(value: number, unit: Finding['unit']): string {
  return `${Math.round(value).toLocaleString('en')} ${unit}`.trimEnd();
}

/** Told without a goal. */
export function told(what: string, value: number, unit: Finding['unit'] = ''): Finding {
  return { what, value, unit, goal: null };
}

export function atMost(goal: number, [what, value, unit]: Measured): Finding {
  return { what, value, unit, goal: { atMost: goal } };
}

export function atLeast(goal: number, [what, value, unit]: Measured): Finding {
  return { what, value, unit, goal: { atLeast: goal } };
}

type Measured = readonly [what: string, value: number, unit: Finding['unit']];
