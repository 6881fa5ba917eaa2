/** `transfer`: leadership moves to another member; whichever server answers passes it on (CL29, §3.10). */
import { askServers } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';

export const transferCommand = command({
  name: 'transfer',
  usage: '[--to ID]',
  summary:
    'Hand leadership over, to the member named or to the fittest. Writes wait meanwhile; none fails.',
  options: ['to', ...CLIENT_OPTIONS],
  run: async ({ values }, context) => {
    const { to } = values;
    const question = {
      path: '/transfer',
      method: 'POST',
      body: to === null ? {} : { to },
    } as const;
    const leader = await askServers(question, values, context, (answer) =>
      typeof answer.leader === 'string' ? answer.leader : null,
    );
    if (values.output === 'json') writeJson(context, { leader });
    else context.write(`${leader} leads\n`);
    return EXIT.clean;
  },
});
