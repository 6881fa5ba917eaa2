/** What a test opened is taken down after it, last first. */
import { afterEach } from 'vitest';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

export function cleanUp(clean: () => unknown): void {
  cleanups.push(clean);
}

/** The same for what is closed. */
export function closing<Closable extends { close(): unknown }>(opened: Closable): Closable {
  cleanUp(() => opened.close());
  return opened;
}
