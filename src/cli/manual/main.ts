/** `npm run manual`, a step of `npm run build`: the manual page, into `dist/cli/raftchart.1`. */
import { writeFileSync } from 'node:fs';
import { COMMANDS } from '../run-cli.ts';
import { packageVersion } from '../version.ts';
import { manualPage } from './manual-page.ts';

const target = new URL('../../../dist/cli/raftchart.1', import.meta.url);
writeFileSync(target, manualPage(COMMANDS, packageVersion()));
