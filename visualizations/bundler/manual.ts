/** `npm run manual`, a step of `npm run build`: the manual page, into `dist/cli/raftchart.1`. */
import { writeFileSync } from 'node:fs';
import { manualPage } from '../../src/cli/manual/manual-page.ts';
import { COMMANDS } from '../../src/cli/run-cli.ts';
import { packageVersion } from '../../src/cli/version.ts';
import { wordsOf } from '../../test/command-words.ts';

wordsOf(
  'npm run manual writes the manual page into dist/cli/raftchart.1, as npm run build does. It takes no options.',
  {},
);

const target = new URL('../../dist/cli/raftchart.1', import.meta.url);
writeFileSync(target, manualPage(COMMANDS, packageVersion()));
