import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    /** As long as anything may take on a machine that does much else: a wait of a test judges no speed. */
    testTimeout: 180_000,
    hookTimeout: 180_000,
    retry: 0,
    reporters: ['default', fileURLToPath(new URL('./summary-reporter.ts', import.meta.url))],
    maxWorkers: 2,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    /** A test that grows without end must fail, not take the machine with it. */
    execArgv: ['--max-old-space-size=2048'],
  },
});
