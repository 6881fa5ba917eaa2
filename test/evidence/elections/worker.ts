/** A process of its own for the election experiment: takes one setting at a time and sends back what came of it. */
import { runSeries } from './series.ts';
import type { Setting } from './settings.ts';

process.on('message', (setting: Setting) => {
  runSeries(setting)
    .then((series) => process.send?.(series))
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
});
process.on('disconnect', () => process.exit(0));
