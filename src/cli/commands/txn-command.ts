/** `txn`: a transaction as JSON, in the shape that `POST /txn` takes, from a file or standard input. */
import { unreachable } from '../../core/assert.ts';
import { logIdText } from '../../core/log-id.ts';
import type { TxnCommand } from '../../kv/commands/commands.ts';
import type { TxnResponse } from '../../kv/commands/results.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import { txnFromJson, txnToJson } from '../../server/http/routes/txn-json.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { openInput, wholeOf } from '../input/opened-input.ts';
import { rangeTable } from './range-command.ts';

export const txnCommand = command({
  name: 'txn',
  usage: '[--file FILE]',
  summary:
    'Compare, then write one branch or the other, as one step. Reads JSON: {"compare": [{"key": "k", "target": "version", "op": "=", "value": 0}], "success": [{"op": "put", "key": "k", "value": "v"}], "failure": [{"op": "range", "key": "k"}]}. Exit code 1 if the failure branch ran.',
  options: ['file', ...CLIENT_OPTIONS],
  run: async ({ values }, context) => {
    const input = await openInput(
      values.file ?? '-',
      { called: '--file', isForPeople: values.output !== 'json' },
      context,
    );
    const txn = txnIn(await wholeOf(input, context));
    const { compare, success, failure } = txn;
    const result = await withClient(values, context, (client, signal) =>
      client.txn({ compare, success, failure }, { signal }),
    );
    const json = txnToJson(result, txn, 'utf8');
    if (values.output === 'json') writeJson(context, { ...json, logId: logIdText(result.logId) });
    else {
      context.write(`${result.succeeded ? 'succeeded' : 'failed'}, revision ${result.revision}\n`);
      for (const response of result.responses) context.write(await responseLines(response));
    }
    return result.succeeded ? EXIT.clean : EXIT.no;
  },
});

function txnIn(bytes: Uint8Array): TxnCommand {
  try {
    return txnFromJson(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'utf8');
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      throw usageFailure(
        `The transaction is not JSON (${error.message}). See raftchart txn --help.`,
      );
    }
    throw error;
  }
}

/** One line for what was done, and the keys that it names below, further in. */
async function responseLines(response: TxnResponse): Promise<string> {
  switch (response.type) {
    case 'put':
      return lines(`put: revision ${response.revision}`, response.previous ?? null);
    case 'delete':
      return lines(`delete: ${response.deleted} deleted`, response.previous ?? []);
    case 'range': {
      const { kvs, more } = response;
      const count = `${kvs.length} ${kvs.length === 1 ? 'key' : 'keys'}${more ? ', and there are more' : ''}`;
      return lines(`range: ${count}`, kvs);
    }
    default:
      return unreachable(response);
  }
}

async function lines(head: string, found: KeyValue | readonly KeyValue[] | null): Promise<string> {
  const kvs = found === null ? [] : [found].flat();
  const table = kvs.length === 0 ? [] : (await rangeTable(kvs, false)).trimEnd().split('\n');
  return [`  ${head}`, ...table.map((line) => `    ${line}`), ''].join('\n');
}
