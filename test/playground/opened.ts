/** Any run on its stage, in Node: what the workers of the playground do. */
import { startCluster } from '../../visualizations/playground/engine/cluster-run.ts';
import { startPlay } from '../../visualizations/playground/engine/play/play-run.ts';
import { startSeed } from '../../visualizations/playground/engine/seed-run.ts';
import { Theatre } from '../../visualizations/playground/engine/theatre.ts';
import type { RunDescription } from '../../visualizations/playground/run/run.ts';

/** `text`: what stands in the play, if it is one. */
export function theatreOf(run: RunDescription, text = ''): Theatre {
  switch (run.kind) {
    case 'cluster':
      return new Theatre((look) => startCluster(run, look));
    case 'seed':
      return new Theatre((look) => startSeed(run, look));
    case 'play':
      return new Theatre((look) => startPlay(text, look));
  }
}
