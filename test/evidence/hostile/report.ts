/** What each attack did to the cluster, judged, and its row of the table for people. */
import type { Service } from '../closed-loop.ts';

export interface Siege {
  readonly name: string;
  readonly undisturbed: Service;
  readonly attacked: Service;
  readonly growthMib: number;
  readonly keptMib: number;
  /** Members whose process ended, or which halted. */
  readonly lost: readonly string[];
  /** What the attacker said, and whether the doors kept their promises to it. */
  readonly said: string;
  readonly isServed: boolean;
}

/** Bound: how much slower the slowest hundredth of an ordinary client's puts may become. */
const SLOWDOWN_MAX = 5;
/** Bound: MiB that the worst member may grow by, and may still hold some time after. */
const GROWTH_MIB_MAX = 128;
export const KEPT_MIB_MAX = 64;

/** What is wrong with it, in words; empty if nothing is. */
export function faultsOf(siege: Siege): readonly string[] {
  const { undisturbed, attacked, growthMib, keptMib, lost } = siege;
  const slowdown = attacked.p99Ms / undisturbed.p99Ms;
  return [
    ...lost,
    ...(slowdown <= SLOWDOWN_MAX ? [] : [`p99 ${slowdown.toFixed(1)} times as long`]),
    ...(growthMib <= GROWTH_MIB_MAX ? [] : [`grew by ${growthMib.toFixed(0)} MiB`]),
    ...(keptMib <= KEPT_MIB_MAX ? [] : [`kept ${keptMib.toFixed(0)} MiB`]),
    ...(attacked.failures.length === 0
      ? []
      : [`${attacked.failures.length} puts failed: ${attacked.failures[0]}`]),
    ...(siege.isServed ? [] : [siege.said]),
  ];
}

export function verdictOn(siege: Siege): string {
  return faultsOf(siege).join('; ') || 'held';
}

export const SIEGE_HEAD = ['attack', 'p99 before', 'during', 'ratio', 'grew MiB', 'kept MiB', ''];

export function siegeRow(siege: Siege): readonly string[] {
  const { name, undisturbed, attacked, growthMib, keptMib } = siege;
  return [
    name,
    undisturbed.p99Ms.toFixed(1),
    attacked.p99Ms.toFixed(1),
    (attacked.p99Ms / undisturbed.p99Ms).toFixed(1),
    growthMib.toFixed(0),
    keptMib.toFixed(0),
    verdictOn(siege),
  ];
}
