/** `transfer`: leadership moves to another member; whichever server answers passes it on (CL29, §3.10). */
import { isErrorCode, RaftError } from '../core/errors.ts';
import { CLIENT_OPTIONS, writeJson } from './client-session.ts';
import { type CliContext, command } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { httpAnswer } from './http-answer.ts';
import { ASKED_MS_MAX } from './limits.ts';

export const transferCommand = command({
  name: 'transfer',
  usage: '[--to ID]',
  summary:
    'Hand leadership over, to the member named or to the fittest. Writes wait meanwhile; none fails.',
  options: ['to', ...CLIENT_OPTIONS],
  run: async ({ values }, context) => {
    const { to } = values;
    const leader = await transferred(JSON.stringify(to === null ? {} : { to }), values, context);
    if (values.output === 'json') writeJson(context, { leader });
    else context.write(`${leader} leads\n`);
    return EXIT.clean;
  },
});

interface Asking {
  readonly endpoints: readonly string[];
  readonly 'timeout-ms': number;
}

/** The first server that runs decides. */
async function transferred(
  body: string,
  { endpoints, 'timeout-ms': timeoutMs }: Asking,
  { interrupted }: CliContext,
): Promise<string> {
  const silent: string[] = [];
  for (const endpoint of endpoints) {
    const url = `${endpoint.replace(/^ws/, 'http')}/transfer?timeoutMs=${Math.min(timeoutMs, ASKED_MS_MAX)}`;
    try {
      const answer = await httpAnswer(url, { timeoutMs, interrupted, body });
      return leaderIn(answer.body);
    } catch (error) {
      const isItsLast = error instanceof RaftError && error.code !== 'RAFT_STOPPED';
      if (isItsLast) throw error;
      silent.push(`${endpoint}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new RaftError('RAFT_UNREACHABLE', `No server answered (${silent.join('; ')}).`);
}

/** An error is told as the server has it. */
function leaderIn(body: string): string {
  const answer: unknown = JSON.parse(body);
  const fields: Readonly<Record<string, unknown>> = answer instanceof Object ? { ...answer } : {};
  const { leader, code, message } = fields;
  if (typeof code === 'string' && isErrorCode(code)) throw new RaftError(code, String(message));
  if (typeof leader === 'string') return leader;
  throw new Error('what listens there is no client port of raftchart');
}
