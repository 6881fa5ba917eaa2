/** For how long a node has told nothing, as far as one who looks can say. */
import type { NodeScene } from '../fold/scene.ts';

/** `for 4 s`. */
export function silentFor({ heardAt }: NodeScene, now: number): string {
  return `for ${Math.max(0, Math.floor((now - (heardAt ?? now)) / 1_000))} s`;
}
