/** `watch`: changes as they happen, until Ctrl-C; after a broken connection it goes on where it was. */
import type { WatchEvent, WatchRevision } from '../../client/index.ts';
import { bytesField, keyValueJson } from '../../server/http/request/json-bytes.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { WATCH_COLUMN_MAX } from '../limits.ts';
import { shownBytes } from '../words/shown-bytes.ts';
import { selection } from './key-selection.ts';

export const watchCommand = command({
  name: 'watch',
  usage: '[--prefix P] [--from REVISION]',
  summary: 'Print changes as they happen, until Ctrl-C. With -o json, one object a line.',
  options: ['prefix', 'start', 'end', 'from', ...CLIENT_OPTIONS],
  run: async ({ values }, context) => {
    await withClient(values, context, async (client, signal) => {
      // Says at once if no server is there; from then on a lost connection is waited out.
      await client.status({ signal });
      const { from } = values;
      const watch = client.watch({ ...selection(values), ...(from !== null && { from }), signal });
      for await (const revision of watch) {
        if (values.output === 'json') writeJson(context, revisionJson(revision));
        else for (const event of revision.events) context.write(eventLine(event));
      }
    });
    return EXIT.clean;
  },
});

function eventLine(event: WatchEvent): string {
  const key = shownBytes(event.key, WATCH_COLUMN_MAX);
  const revision = String(event.modRevision).padStart(8);
  if (event.type === 'delete') return `${revision}  del  ${key}\n`;
  return `${revision}  put  ${key}  ${shownBytes(event.value, WATCH_COLUMN_MAX)}\n`;
}

function revisionJson({ revision, events }: WatchRevision): Readonly<Record<string, unknown>> {
  const changes = events.map((event) =>
    event.type === 'put'
      ? { type: 'put', ...keyValueJson(event, { encoding: 'utf8', keysOnly: false }) }
      : { type: 'delete', ...bytesField('key', event.key, 'utf8'), modRevision: event.modRevision },
  );
  return { revision, events: changes };
}
