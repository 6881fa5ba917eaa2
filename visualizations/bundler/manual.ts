/**
 * `npm run manual`, a step of `npm run build`: the manual page, into `dist/cli/raftchart.1`, and the JSON Schema of
 * configuration files, into `dist/cli/serve.schema.json`.
 */
import { writeFileSync } from 'node:fs';
import { manualPage } from '../../src/cli/manual/manual-page.ts';
import { configurationSchema } from '../../src/cli/options/configuration-schema.ts';
import { COMMANDS } from '../../src/cli/run-cli.ts';
import { SERVE_FIELDS } from '../../src/cli/serving/serve-options.ts';
import { packageVersion } from '../../src/cli/version.ts';
import { wordsOf } from '../../test/command-words.ts';

wordsOf(
  'npm run manual writes the manual page into dist/cli/raftchart.1, and the JSON Schema of configuration files into dist/cli/serve.schema.json, as npm run build does. It takes no options.',
  {},
);

function write(name: string, text: string): void {
  writeFileSync(new URL(`../../dist/cli/${name}`, import.meta.url), text);
}

write('raftchart.1', manualPage(COMMANDS, packageVersion()));
write('serve.schema.json', `${JSON.stringify(configurationSchema(SERVE_FIELDS), null, 2)}\n`);
