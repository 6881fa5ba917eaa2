/**
 * SIGHUP: the configuration file is read again, and certificates are. What may change while a node runs is taken, what may
 * not is named; a file that is wrong in any part changes nothing (CG5).
 */
import type { Log } from '../../server/operations/json-log.ts';
import type { RunningServer } from '../../server/serve.ts';
import type { Adjustable } from '../../server/settings.ts';
import type { TlsFiles } from '../../wire/tls-files.ts';
import type { CliContext } from '../command.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import type { OptionName, OptionValues } from '../options/option-table.ts';
import type { Origin } from '../options/read-options.ts';
import { type SETTING_OPTIONS, serveSettings } from './serve-settings.ts';

/** What serves from the next request, or the next line of the log, on. All else is built into what runs. */
export const RELOADED = [
  'log-level',
  'allow-host',
  'value-bytes-max',
  'history-revisions',
  'history-age-ms',
] as const satisfies readonly OptionName[];

type AdjustedValues = OptionValues<'allow-host' | 'log-level' | (typeof SETTING_OPTIONS)[number]>;

/** What a server goes by of these. Throws a `CliFailure` if they cannot hold together with the others. */
export function adjustableOf(values: AdjustedValues): Adjustable {
  const { retention, serverLimits } = serveSettings(values);
  return {
    allowHosts: values['allow-host'] ?? [],
    retention,
    logsRequests: values['log-level'] === 'debug',
    valueBytesMax: serverLimits.valueBytesMax,
  };
}

interface Read<Values> {
  readonly values: Values;
  readonly origins: Origins;
}

type Origins = ReadonlyMap<OptionName, Origin>;
type Reloaded = OptionValues<(typeof RELOADED)[number]>;

interface Hangups<Values> {
  readonly adopt: (server: RunningServer, values: Values) => void;
  readonly files: readonly TlsFiles[];
  readonly context: Pick<CliContext, 'onHangup'>;
  readonly log: Log;
}

/**
 * Without anything to read again, SIGHUP ends this process as it ends others. Returns what to call once the server runs: a
 * configuration that was to be read again before is read then.
 */
export function heedHangups<Values extends Reloaded>(
  given: Read<Values> & { readonly again: () => Promise<Read<Values>> },
  { adopt, context, files, log }: Hangups<Values>,
): (server: RunningServer) => void {
  let begin: (server: RunningServer) => void = () => {};
  const hasFile = given.origins.has('config');
  if (files.length === 0 && !hasFile) return begin;
  const reload = new Promise<RunningServer>((resolve) => {
    begin = resolve;
  }).then((server) =>
    reloading(given, { again: given.again, adopt: (next) => adopt(server, next), log }),
  );
  context.onHangup(() => {
    for (const each of files) each.reload();
    if (hasFile) reload.then((again) => again());
  });
  return begin;
}

interface Reloading<Values> {
  readonly again: () => Promise<Read<Values>>;
  /** Throws a `CliFailure` if these cannot hold together; then nothing has changed. */
  readonly adopt: (values: Values) => void;
  readonly log: Log;
}

/** Returns what to do at each SIGHUP, one after the other. */
function reloading<Values extends Reloaded>(
  running: Read<Values>,
  { again, adopt, log }: Reloading<Values>,
): () => Promise<void> {
  let { origins, values } = running;
  const reload = async (): Promise<void> => {
    const found = await again();
    const changed = changedBetween(origins, found.origins);
    const taken = changed.filter(isReloaded);
    const next = {
      ...values,
      ...Object.fromEntries(RELOADED.map((name) => [name, found.values[name]])),
    };
    adopt(next);
    values = next;
    origins = withThose(origins, found.origins, taken);
    tell(
      log,
      taken,
      changed.filter((name) => !isReloaded(name)),
    );
  };
  let last = Promise.resolve();
  return () => {
    last = last.then(reload).catch((error) => refuse(log, error));
    return last;
  };
}

function isReloaded(name: OptionName): boolean {
  return RELOADED.some((each) => each === name);
}

function changedBetween(before: Origins, after: Origins): readonly OptionName[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name)?.text !== after.get(name)?.text);
}

/** What is in use: of the file as it is now only what was taken. */
function withThose(before: Origins, after: Origins, taken: readonly OptionName[]): Origins {
  const inUse = new Map(before);
  for (const name of taken) {
    const origin = after.get(name);
    if (origin === undefined) inUse.delete(name);
    else inUse.set(name, origin);
  }
  return inUse;
}

function tell(log: Log, taken: readonly OptionName[], waiting: readonly OptionName[]): void {
  if (waiting.length === 0) return log('info', 'configuration', { taken });
  const message = `${waiting.join(', ')}: as before, until this node is restarted.`;
  log('warn', 'configuration', { taken, waiting, message });
}

function refuse(log: Log, error: unknown): void {
  if (!(error instanceof CliFailure)) throw error;
  log('error', 'configuration', { message: `${error.message} All is as before.` });
}
