/** A directory of its own for each test; after the test the processes that it started are ended, and it is removed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanUp } from '../clean-up.ts';
import { endAll } from './cli-process.ts';

export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'raftchart-cli-'));
  cleanUp(() => {
    endAll();
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
