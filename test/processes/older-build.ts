/** The program as an older commit had it, built out of the history of this repository, with today's dependencies. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { endAll } from '../cli/cli-process.ts';
import { ProcessCluster } from './process-cluster.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = ['src', 'machines', 'package.json', 'tsconfig.json'];
const run = promisify(execFile);

/** How a member of it is started: as `ProcessCluster.run` takes it. */
interface Older {
  readonly program: string;
}

/** Tests that start from three members of an older build. */
export function besideBuild(
  commit: string,
  tests: (start: () => Promise<{ cluster: ProcessCluster; older: Older }>) => void,
): void {
  const isKnown = isInHistory(commit);
  const reason = isKnown
    ? ''
    : ` (skipped: this copy has no history with ${commit}; a full clone has)`;
  // A copy without the history, as a package or a shallow clone, cannot tell.
  describe.skipIf(!isKnown)(`beside the build of ${commit}${reason}`, () => {
    tests(async () => {
      const older = { program: await programOf(commit) };
      const cluster = await ProcessCluster.start(3, [], older);
      cleanUp(() => cluster[Symbol.asyncDispose]());
      cleanUp(endAll);
      return { cluster, older };
    });
  });
}

function isInHistory(commit: string): boolean {
  return spawnSync('git', ['cat-file', '-e', `${commit}^{tree}`], { cwd: ROOT }).status === 0;
}

/** Its `main.js`. Below the root, where it finds the modules; gone after the test. */
async function programOf(commit: string): Promise<string> {
  await mkdir(join(ROOT, '.raftchart'), { recursive: true });
  const directory = await mkdtemp(join(ROOT, '.raftchart', 'older-'));
  cleanUp(() => rm(directory, { recursive: true, force: true }));
  const archive = join(directory, 'source.tar');
  await run('git', ['archive', '--output', archive, commit, ...BUILT], { cwd: ROOT });
  await run('tar', ['-xf', archive, '-C', directory]);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', join(directory, 'tsconfig.json')]);
  return join(directory, 'dist/src/cli/main.js');
}
