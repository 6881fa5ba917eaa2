/** `check-config`: whether a node could start by a configuration file, what it would use, and where each value comes from (CG4). */
import { jsonLog, type Log, logFrom } from '../../server/operations/json-log.ts';
import { textLog } from '../../server/operations/text-log.ts';
import { writeJson } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { configurationSchema } from '../options/configuration-schema.ts';
import { missing, type Origin, strayEnvironment } from '../options/read-options.ts';
import { checkServe, SERVE_FIELDS } from '../serving/serve-options.ts';
import { shownText } from '../words/shown-bytes.ts';
import { textTable } from '../words/text-table.ts';

export const checkConfigCommand = command({
  name: 'check-config',
  usage: 'FILE',
  summary:
    'Say whether a node could start by this file, what it would use, and where each value comes from. It takes the options of serve besides, and the environment, as serve --config FILE does; nothing is started, asked or written.',
  options: [...SERVE_FIELDS, 'schema', 'output'],
  positionals: [0, 1],
  file: { pathOf: ({ positionals: [path = null] }) => path, fields: SERVE_FIELDS },
  run: async ({ values, origins, positionals: [path] }, context) => {
    if (values.schema) {
      context.write(`${JSON.stringify(configurationSchema(SERVE_FIELDS), null, 2)}\n`);
      return EXIT.clean;
    }
    if (path === undefined) throw usageFailure('Usage: raftchart check-config FILE');
    const { id, output, 'data-dir': dataDir } = values;
    if (id === null) throw missing('id');
    if (dataDir === null) throw missing('data-dir');
    checkServe({ ...values, id, 'data-dir': dataDir }, warnings(context, output === 'json'));
    const used = SERVE_FIELDS.flatMap((name) => usedOf(name, origins.get(name)));
    if (output === 'json') {
      const fields = used.map(({ name, value, from }) => [name, { value, from }]);
      writeJson(context, { file: path, fields: Object.fromEntries(fields) });
    } else {
      const rows = used.map(({ name, value, from }) => [name, shownText(value), shownText(from)]);
      context.write(await textTable(['OPTION', 'VALUE', 'FROM'], rows));
    }
    return EXIT.clean;
  },
});

type Used = { readonly name: string; readonly value: string; readonly from: string };

function usedOf(name: string, origin: Origin | undefined): readonly Used[] {
  if (origin === undefined) return [];
  return [{ name, value: withoutPassword(origin.text), from: origin.from }];
}

/** A secret is named by its file; one that stands in a URL all the same is not shown. */
function withoutPassword(text: string): string {
  return text.replaceAll(/\/\/[^/@,]*@/g, '//…@');
}

/** What a start would say as a warning. */
function warnings({ environment, writeError }: CliContext, isJson: boolean): Log {
  const form = isJson ? jsonLog : textLog;
  const log = logFrom(() => 'warn', form({ write: writeError, wallTimeMs: Date.now, base: {} }));
  for (const name of strayEnvironment(environment)) {
    log('warn', 'environment', { message: `${name} is no option and has no effect.` });
  }
  return log;
}
