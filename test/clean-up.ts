/** What a test opened is taken down after it, last first, once its own hooks have run. */
import { onTestFinished } from 'vitest';

export function cleanUp(clean: () => unknown): void {
  onTestFinished(async () => {
    await clean();
  });
}

/** The same for what is closed. */
export function closing<Closable extends { close(): unknown }>(opened: Closable): Closable {
  cleanUp(() => opened.close());
  return opened;
}
