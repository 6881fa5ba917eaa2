/** `snapshot`: the server that answers writes the state of its node to its disk, now (CL34, §5.1). */
import { askServers } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';

export const snapshotCommand = command({
  name: 'snapshot',
  usage: '[--endpoints URL]',
  summary:
    'Write the state of one node, the first of --endpoints that runs, to its disk; then its log is cut behind it. By itself each node does so as --snapshot-entries and --snapshot-bytes of serve say.',
  options: CLIENT_OPTIONS,
  run: async ({ values }, context) => {
    const question = { path: '/snapshot', method: 'POST', body: {} } as const;
    const taken = await askServers(question, values, context, ({ bytes, index }) =>
      typeof index === 'number' && typeof bytes === 'number' ? { index, bytes } : null,
    );
    if (values.output === 'json') writeJson(context, taken);
    else context.write(`snapshot through entry ${taken.index}, ${taken.bytes} bytes\n`);
    return EXIT.clean;
  },
});
