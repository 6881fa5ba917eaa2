/**
 * What may happen to a cluster next, drawn from one number: for the arbitraries of any property test. A smaller number
 * of the same kind is an earlier message, a shorter time; so whatever shrinks numbers shrinks steps.
 */
import type { MiniCluster } from './mini-cluster.ts';

/** Fits as a command of fast-check, whatever its model is. */
export interface ClusterStep {
  /** Always true: a step for which there is no occasion does nothing. */
  check(): boolean;
  /** Takes the step, and lets come to rest what needs neither time nor disk. Rejects if a property is broken. */
  run(model: object, cluster: MiniCluster): Promise<void>;
  /** Such as `deliver 3`. */
  toString(): string;
}

type Deed = (cluster: MiniCluster, drawn: number) => Promise<void> | void;

const DEEDS: Readonly<Record<string, Deed>> = {
  deliver: (cluster, drawn) => {
    const chosen = among(cluster.network, drawn);
    return cluster.deliver((envelope) => envelope === chosen);
  },
  write: (cluster, drawn) => among(cluster.up, drawn)?.completeWrite(),
  settle: (cluster) => cluster.settle(),
  propose: (cluster, drawn) => cluster.leader?.propose(`command ${drawn}`),
  pass: (cluster, drawn) => cluster.clock.advance(drawn % 600),
  lose: (cluster, drawn) => {
    const chosen = among(cluster.network, drawn);
    cluster.drop((envelope) => envelope === chosen);
  },
  repeat: async (cluster, drawn) => {
    const chosen = among(cluster.said, drawn);
    if (chosen !== undefined) await cluster.bring(chosen);
  },
  restart: async (cluster, drawn) => {
    const { id } = among(cluster.up, drawn) ?? {};
    if (id === undefined) return;
    await cluster.crash(id, { isWritten: drawn % 2 === 0 });
    await cluster.start(id);
  },
};

/** In which proportion the deeds are drawn. */
const WEIGHTS = {
  ...{ deliver: 10, write: 5, settle: 2, pass: 3 },
  ...{ propose: 3, lose: 1, repeat: 1, restart: 1 },
};
const BAG = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array<string>(weight).fill(name));

/** The step of that number, a whole one from 0 on; `fc.nat().map(clusterStep)` gives all of them. */
export function clusterStep(drawn: number): ClusterStep {
  const name = BAG[drawn % BAG.length] ?? 'deliver';
  const rest = Math.floor(drawn / BAG.length);
  return {
    check: () => true,
    run: async (_, cluster) => {
      await DEEDS[name]?.(cluster, rest);
      await cluster.rest();
    },
    toString: () => `${name} ${rest}`,
  };
}

function among<Each>(choices: readonly Each[], drawn: number): Each | undefined {
  return choices[drawn % Math.max(1, choices.length)];
}
