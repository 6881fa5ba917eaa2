/** `status`: every endpoint in one table, those that tell nothing with the reason why (CL18). */
import { RaftError } from '../../core/errors.ts';
import { askOverHttp } from '../asking/ask-over-http.ts';
import { errorIn, FOREIGN, stopped } from '../asking/ask-servers.ts';
import { CLIENT_OPTIONS, writeJson } from '../asking/client-session.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { tokenIn } from '../asking/client-token.ts';
import { type Fields, fieldsIn } from '../asking/json-fields.ts';
import { serversOf } from '../asking/named-servers.ts';
import { command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { linkLines, linksCell } from '../words/link-words.ts';
import { shownText } from '../words/shown-bytes.ts';
import { type Cell, textTable } from '../words/text-table.ts';
import { versionLines } from '../words/version-words.ts';

interface ServerAnswer {
  readonly endpoint: string;
  /** `null`: it told nothing of itself. */
  readonly status: Fields | null;
  /** In its own words, if it said why; `null`: it said nothing at all. */
  readonly refusal: RaftError | null;
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
    const { output, 'timeout-ms': timeoutMs } = values;
    const { interrupted } = context;
    const secureContext = tlsContext(values);
    const how = { timeoutMs, interrupted, secureContext, token: tokenIn(values) };
    const servers = await serversOf(values);
    const answers = await Promise.all(servers.map((endpoint) => ask(endpoint, how)));
    if (interrupted.aborted) throw stopped(interrupted.reason);
    if (output === 'json') writeJson(context, answers.map(answerJson));
    else {
      context.write(await textTable([...HEAD, 'PEERS', 'VERSION'], answers.map(answerRow)));
      const isAnyThere = answers.some(({ status }) => status !== null);
      for (const { endpoint, refusal, status, why } of isAnyThere ? answers : []) {
        if (status === null)
          context.writeError(`${endpoint} ${said(refusal)}: ${shownText(why)}\n`);
        else for (const line of linesOf(status)) context.write(line);
      }
    }
    if (answers.some(({ status }) => status !== null)) return EXIT.clean;
    throw nothingTold(answers);
  },
});

/** With the code of the first that said why, as any other command would end. */
function nothingTold(answers: readonly ServerAnswer[]): RaftError {
  const reasons = answers.map(({ endpoint, why }) => `${endpoint}: ${why}`).join('; ');
  const refusal = answers.find((answer) => answer.refusal !== null)?.refusal;
  if (refusal == null) return new RaftError('RAFT_UNREACHABLE', `No server answered (${reasons}).`);
  const { code, retry } = refusal;
  return new RaftError(code, `No server told its status (${reasons}).`, { retry });
}

function said(refusal: RaftError | null): string {
  return refusal === null ? 'did not answer' : 'did not tell its status';
}

function linesOf(status: Fields): readonly string[] {
  return [...linkLines(status.id, status.links), ...versionLines(status)];
}

async function ask(
  endpoint: string,
  how: Parameters<typeof askOverHttp>[1],
): Promise<ServerAnswer> {
  try {
    const url = `${endpoint.replace(/^ws/, 'http')}/status`;
    const answer = await askOverHttp(url, how);
    const status = fieldsIn(answer.body);
    if (status === null) return silent(endpoint, FOREIGN);
    if (answer.status === 200) return { endpoint, status, refusal: null, why: '' };
    const refusal = errorIn(status);
    const why = refusal?.message ?? `it answered ${answer.status}`;
    return { endpoint, status: null, refusal, why };
  } catch (error) {
    return silent(endpoint, error instanceof Error ? error.message : String(error));
  }
}

function silent(endpoint: string, why: string): ServerAnswer {
  return { endpoint, status: null, refusal: null, why };
}

function answerJson({ endpoint, status, why }: ServerAnswer): Fields {
  return status === null ? { endpoint, error: why } : { endpoint, ...status };
}

function answerRow({ endpoint, refusal, status }: ServerAnswer): readonly Cell[] {
  if (status === null) return [endpoint, null, refusal === null ? 'unreachable' : 'refused'];
  const cells = COLUMNS.map((column) => cellOf(status[column]));
  return [endpoint, ...cells, linksCell(status.links), cellOf(status.version)];
}

function cellOf(value: unknown): Cell {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}
