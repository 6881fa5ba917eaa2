import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LONE_FILES, SHARED_ROOMS } from './shared-processes.ts';

const EACH = {
  /** As long as anything may take on a machine that does much else: a wait of a test judges no speed. */
  testTimeout: 180_000,
  hookTimeout: 180_000,
  retry: 0,
  expect: { poll: { timeout: 30_000, interval: 20 } },
  /** A test that grows without end must fail, not take the machine with it. */
  execArgv: ['--max-old-space-size=2048'],
};
const rooms = SHARED_ROOMS.join('|');

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    reporters: ['default', fileURLToPath(new URL('./summary-reporter.ts', import.meta.url))],
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...EACH,
          name: 'alone',
          include: [`test/!(${rooms})/**/*.test.ts`, ...LONE_FILES],
        },
      },
      {
        test: {
          ...EACH,
          name: 'shared',
          include: ['test/*.test.ts', `test/@(${rooms})/**/*.test.ts`],
          exclude: [...LONE_FILES],
          isolate: false,
        },
      },
    ],
  },
});
