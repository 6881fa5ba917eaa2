/** What the trials found: counted by kind of file and damage, as a table for people and one line for programs. */
import { tableOf } from '../screen.ts';
import { DAMAGE_KINDS, type Damage, FILE_KINDS } from './kinds.ts';
import type { Outcome, TrialKind } from './trial.ts';

export interface TrialViolation {
  readonly trial: number;
  readonly kind: TrialKind;
  readonly sentence: string;
  readonly victim: string;
  /** `null`: it happened before any damage was done. */
  readonly damage: Damage | null;
  /** A directory with copies from before and after; `null` if they could not be kept. */
  readonly evidence: string | null;
}

type Counts = { [Key in Outcome]: number };

export class TrialReport {
  readonly seed: string;
  readonly violations: TrialViolation[] = [];
  /** Trials that ended as they should. */
  readonly total = nothingYet();
  acknowledgedWrites = 0;
  readonly #counts = new Map<string, Counts>();

  constructor(seed: string) {
    this.seed = seed;
  }

  add(kind: TrialKind, damage: Damage, outcome: Outcome): void {
    this.total[outcome] += 1;
    for (const key of [`${damage.fileKind}/${damage.kind}`, kind]) {
      const counts = this.#counts.get(key) ?? nothingYet();
      counts[outcome] += 1;
      this.#counts.set(key, counts);
    }
  }

  fail(circumstances: Omit<TrialViolation, 'sentence'>, error: unknown): void {
    const sentence = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.violations.push({ ...circumstances, sentence });
  }

  /** Cells are `trials: opened whole + refused`, and what else became of processes that ran. */
  table(): string {
    const head = ['file', ...DAMAGE_KINDS];
    const rows = FILE_KINDS.map((file) => [
      file,
      ...DAMAGE_KINDS.map((damage) => cell(this.#counts.get(`${file}/${damage}`))),
    ]);
    return `Trials: opened whole + refused in words (h: halted, a: aborted while it ran)\n${tableOf([head, ...rows])}`;
  }

  json(): string {
    const { seed, violations, acknowledgedWrites, total } = this;
    const trials = Object.values(total).reduce((sum, count) => sum + count, 0);
    const counts = Object.fromEntries(this.#counts);
    return JSON.stringify({ seed, trials, ...total, acknowledgedWrites, violations, counts });
  }
}

function cell(counts: Counts | undefined): string {
  if (counts === undefined) return '-';
  const { opened, refused, halted, aborted } = counts;
  const rest = [halted > 0 ? ` ${halted}h` : '', aborted > 0 ? ` ${aborted}a` : ''].join('');
  return `${opened + refused + halted + aborted}: ${opened} + ${refused}${rest}`;
}

function nothingYet(): Counts {
  return { opened: 0, refused: 0, halted: 0, aborted: 0 };
}
