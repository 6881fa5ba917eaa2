import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['default', fileURLToPath(new URL('./summary-reporter.ts', import.meta.url))],
    maxWorkers: 2,
    /** A test that grows without end must fail, not take the machine with it. */
    execArgv: ['--max-old-space-size=2048'],
  },
});
