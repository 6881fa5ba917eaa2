/** A process of its own for the election experiment: takes one setting at a time and sends back its times. */
import { runSeries } from './series.ts';
import { VARIANTS } from './settings.ts';
import type { Answer, Setting } from './worker-messages.ts';

process.on('message', (setting: Setting) => {
  answer(setting).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));

async function answer(setting: Setting): Promise<void> {
  const { variant, range, trials } = setting;
  const { times, unelected } = await runSeries(VARIANTS[variant], range, trials);
  const result: Answer = { setting, times, unelected };
  process.send?.(result);
}
