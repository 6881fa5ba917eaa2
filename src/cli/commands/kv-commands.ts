/** `put`, `get` and `compact`: one request each, answered in a line or in JSON (CL17, CL18, CL40). */
import { RaftError } from '../../core/errors.ts';
import { COUNTER_MAX } from '../../core/limits.ts';
import { logIdText } from '../../core/log-id.ts';
import type { KeyCondition } from '../../kv/commands/commands.ts';
import { keyValueJson } from '../../server/http/request/json-bytes.ts';
import { CLIENT_OPTIONS, readValue, withClient, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { Refusal, whole } from '../options/option-kinds.ts';
import { freshness } from './key-selection.ts';

const JSON_SHAPE = { encoding: 'utf8', keysOnly: false } as const;

export const putCommand = command({
  name: 'put',
  usage: 'KEY VALUE',
  summary:
    'Write a key. VALUE - reads the value from standard input, also one that is no UTF-8. With --if-revision, exit code 1 if that does not hold: then nothing was changed.',
  options: ['if-revision', 'lease', ...CLIENT_OPTIONS],
  positionals: [2, 2],
  run: async ({ values, positionals: [key = '', value = ''] }, context) => {
    const bytes = await readValue(value, context);
    const { 'if-revision': wanted, lease } = values;
    const { revision, logId } = await withClient(values, context, (client, signal) =>
      client.put(key, bytes, { signal, ...condition(wanted), ...(lease !== null && { lease }) }),
    ).catch((error: unknown) => {
      throw wanted === null ? error : inWords(error, key, wanted);
    });
    if (values.output === 'json') writeJson(context, { revision, logId: logIdText(logId) });
    else context.write(`revision ${revision}\n`);
    return EXIT.clean;
  },
});

/** Of a key that is not there the revision is 0. */
function condition(modRevision: number | null): { readonly condition?: KeyCondition } {
  return modRevision === null ? {} : { condition: { type: 'modRevision', modRevision } };
}

/** Whoever named a revision is told the other one. */
function inWords(error: unknown, key: string, wanted: number): unknown {
  const found: unknown = error instanceof RaftError ? Reflect.get(error, 'modRevision') : null;
  if (typeof found !== 'number') return error;
  const name = JSON.stringify(key);
  const how = found === 0 ? 'is not there' : `was last written by revision ${found}`;
  const expected = wanted === 0 ? 'was to be new' : `was to be as revision ${wanted} left it`;
  const text = `${name} ${how}, and ${expected}. Nothing was changed: read it, and decide anew.`;
  return new RaftError('RAFT_CONDITION_FAILED', text, { cause: error });
}

export const getCommand = command({
  name: 'get',
  usage: 'KEY',
  summary: 'Print the value of a key. A missing key is exit code 1.',
  options: [...CLIENT_OPTIONS, 'consistency', 'at-least', 'revision'],
  positionals: [1, 1],
  run: async ({ values, positionals: [key = ''] }, context) => {
    const { revision } = values;
    const kv = await withClient(values, context, (client, signal) =>
      client.get(key, { signal, ...freshness(values), ...(revision !== null && { revision }) }),
    );
    if (kv === null)
      throw new RaftError('RAFT_NOT_FOUND', `There is no key ${JSON.stringify(key)}.`);
    if (values.output === 'json') writeJson(context, keyValueJson(kv, JSON_SHAPE));
    else {
      context.write(kv.value);
      if (context.isTty) context.write('\n');
    }
    return EXIT.clean;
  },
});

export const compactCommand = command({
  name: 'compact',
  usage: 'REVISION',
  summary:
    'Let go of the history below a revision, on every member: reads of the past and watches reach back to it from then on, and the memory of what was overwritten or deleted comes back.',
  options: CLIENT_OPTIONS,
  positionals: [1, 1],
  run: async ({ values, positionals: [text = ''] }, context) => {
    const wanted = whole(1, COUNTER_MAX)(text);
    if (wanted instanceof Refusal)
      throw usageFailure(`The revision ${wanted.wants}; it is ${text}.`);
    const { revision, compactedRevision } = await withClient(values, context, (client, signal) =>
      client.compact(wanted, { signal }),
    );
    if (values.output === 'json') writeJson(context, { revision, compactedRevision });
    else context.write(`history begins at ${compactedRevision} now, revision ${revision}\n`);
    return EXIT.clean;
  },
});
