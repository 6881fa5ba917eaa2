/** `status`: every endpoint in one table, the silent ones with the reason why nothing is known of them. */
import { RaftError } from '../../core/errors.ts';
import { FOREIGN, stopped } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { tokenIn } from '../asking/client-token.ts';
import { httpAnswer } from '../asking/http-answer.ts';
import { type Fields, fieldsIn } from '../asking/json-fields.ts';
import { command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { linkLines, linksCell } from '../words/link-words.ts';
import { type Cell, textTable } from '../words/text-table.ts';
import { versionLines } from '../words/version-words.ts';

interface Answer {
  readonly endpoint: string;
  /** `null`: it did not answer. */
  readonly status: Fields | null;
  readonly why: string;
}

const COLUMNS = [
  'id',
  'role',
  'term',
  'leader',
  'commitIndex',
  'lastApplied',
  'lastIndex',
  'revision',
] as const;
const HEAD = ['ENDPOINT', 'ID', 'ROLE', 'TERM', 'LEADER', 'COMMIT', 'APPLIED', 'LAST', 'REVISION'];

export const statusCommand = command({
  name: 'status',
  usage: '',
  summary: 'Show every endpoint: its role, term, leader, how far its log is, and its peers.',
  options: CLIENT_OPTIONS,
  run: async ({ values }, context) => {
    const { endpoints, output, 'timeout-ms': timeoutMs } = values;
    const { interrupted } = context;
    const secureContext = tlsContext(values);
    const how = { timeoutMs, interrupted, secureContext, token: tokenIn(values) };
    const answers = await Promise.all(endpoints.map((endpoint) => ask(endpoint, how)));
    if (interrupted.aborted) throw stopped(interrupted.reason);
    if (output === 'json') writeJson(context, answers.map(answerJson));
    else {
      context.write(await textTable([...HEAD, 'PEERS', 'VERSION'], answers.map(answerRow)));
      const isAnyThere = answers.some(({ status }) => status !== null);
      for (const { endpoint, status, why } of isAnyThere ? answers : []) {
        if (status === null) context.writeError(`${endpoint} did not answer: ${why}\n`);
        else for (const line of linesOf(status)) context.write(line);
      }
    }
    if (answers.some(({ status }) => status !== null)) return EXIT.clean;
    const reasons = answers.map(({ endpoint, why }) => `${endpoint}: ${why}`).join('; ');
    throw new RaftError('RAFT_UNREACHABLE', `No server answered (${reasons}).`);
  },
});

function linesOf(status: Fields): readonly string[] {
  return [...linkLines(status.id, status.links), ...versionLines(status)];
}

async function ask(endpoint: string, how: Parameters<typeof httpAnswer>[1]): Promise<Answer> {
  try {
    const url = `${endpoint.replace(/^ws/, 'http')}/status`;
    const answer = await httpAnswer(url, how);
    const status = fieldsIn(answer.body);
    if (status === null) return { endpoint, status, why: FOREIGN };
    if (answer.status === 200) return { endpoint, status, why: '' };
    return { endpoint, status: null, why: `it answered ${answer.status}` };
  } catch (error) {
    return { endpoint, status: null, why: error instanceof Error ? error.message : String(error) };
  }
}

function answerJson({ endpoint, status, why }: Answer): Fields {
  return status === null ? { endpoint, error: why } : { endpoint, ...status };
}

function answerRow({ endpoint, status }: Answer): readonly Cell[] {
  if (status === null) return [endpoint, null, 'unreachable'];
  const cells = COLUMNS.map((column) => cellOf(status[column]));
  return [endpoint, ...cells, linksCell(status.links), cellOf(status.version)];
}

function cellOf(value: unknown): Cell {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}
