/**
 * `watch`: changes as they happen, until Ctrl-C; after a broken connection it goes on where it was. Behind `--` stands a
 * program that is run for each of them, one after the other (CL41).
 */
import type { WatchEvent, WatchRevision } from '../../client/index.ts';
import { bytesField, keyValueJson } from '../../server/http/request/json-bytes.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { WATCH_COLUMN_MAX } from '../limits.ts';
import { EventProgram } from '../programs/event-program.ts';
import { shownBytes } from '../words/shown-bytes.ts';
import { selection } from './key-selection.ts';

export const watchCommand = command({
  name: 'watch',
  usage: '[--prefix P] [--from REVISION] [-- PROGRAM ARGUMENT…]',
  summary:
    'Print changes as they happen, until Ctrl-C. With -o json, one object a line. With a program behind --, run it for each change instead: one at a time, in order, none left out; the change stands in WATCH_TYPE, WATCH_KEY, WATCH_VALUE and WATCH_REVISION, and as JSON on its standard input. A program that fails ends the watch, which says how to go on.',
  options: ['prefix', 'start', 'end', 'from', ...CLIENT_OPTIONS],
  takesProgram: true,
  run: async ({ values, program: words }, context) => {
    const program = words === null ? null : await EventProgram.of(words, context);
    await withClient(values, context, async (client, signal) => {
      // Says at once if no server is there; from then on a lost connection is waited out.
      await client.status({ signal });
      const { from } = values;
      const watch = client.watch({ ...selection(values), ...(from !== null && { from }), signal });
      for await (const revision of watch) {
        if (program !== null) await program.tell(revision, eventJson);
        else if (values.output === 'json') writeJson(context, revisionJson(revision));
        else for (const event of revision.events) context.write(eventLine(event));
      }
    });
    if (program !== null && values.output === 'table') sayHowToGoOn(program, context);
    return EXIT.clean;
  },
});

function sayHowToGoOn({ nextRevision }: EventProgram, context: CliContext): void {
  if (nextRevision !== null) context.writeError(`Go on with --from ${nextRevision}\n`);
}

function eventLine(event: WatchEvent): string {
  const key = shownBytes(event.key, WATCH_COLUMN_MAX);
  const revision = String(event.modRevision).padStart(8);
  if (event.type === 'delete') return `${revision}  del  ${key}\n`;
  return `${revision}  put  ${key}  ${shownBytes(event.value, WATCH_COLUMN_MAX)}\n`;
}

function revisionJson({ revision, events }: WatchRevision): Readonly<Record<string, unknown>> {
  return { revision, events: events.map(eventJson) };
}

function eventJson(event: WatchEvent): Readonly<Record<string, unknown>> {
  return event.type === 'put'
    ? { type: 'put', ...keyValueJson(event, { encoding: 'utf8', keysOnly: false }) }
    : { type: 'delete', ...bytesField('key', event.key, 'utf8'), modRevision: event.modRevision };
}
