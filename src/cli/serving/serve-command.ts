/**
 * `serve`: one node, until it is told to stop or has to. What it says is its log, on standard error; the exit code says whether a
 * restart can help (SV24–SV27, CL16).
 */
import type { RunningServer } from '../../server/serve.ts';
import { aborted, type CliContext, command } from '../command.ts';
import type { ExitCode } from '../failures/exit-codes.ts';
import { strayEnvironment } from '../options/read-options.ts';
import { peerExposures, tellExposures } from './exposure.ts';
import { Announcer } from './finding/announcer.ts';
import { groupOf } from './finding/member-finding.ts';
import { type Asker, join } from './join-cluster.ts';
import { adjustableOf, heedHangups } from './reload.ts';
import { abandon, saidEnd, untilTheEnd } from './serve-end.ts';
import { type ServeLog, serveLog } from './serve-log.ts';
import {
  bootstrapOf,
  type Checked,
  type Given,
  guardsOf,
  joinOf,
  SERVE_FIELDS,
  SERVE_NEEDED,
  serveOptions,
} from './serve-options.ts';
import { identified, started } from './serve-start.ts';

export const serveCommand = command({
  name: 'serve',
  usage: '--id ID --data-dir DIR [--peers ID=HOST:PORT,…]',
  summary:
    'Run one node. The same line is right for the first start and for every restart. Logs are JSON lines on standard error; SIGTERM or SIGINT drains and stops it.',
  options: ['config', ...SERVE_FIELDS],
  required: SERVE_NEEDED,
  file: { pathOf: ({ values }) => values.config, fields: SERVE_FIELDS },
  run: async (given, context) => {
    context.keepPrivate();
    const told = serveLog(given.values, context);
    return served(given, told, context).catch(told.fail);
  },
});

interface Started extends Given {
  readonly again: () => Promise<Given>;
}

async function served(
  given: Started,
  { leftOut, log, writeFrom }: ServeLog,
  context: CliContext,
): Promise<ExitCode> {
  const { values } = given;
  for (const name of strayEnvironment(context.environment)) {
    log('warn', 'environment', { message: `${name} is no option and has no effect.` });
  }
  const guards = guardsOf(values, log);
  const adopt = (running: RunningServer, next: Given['values']): void => {
    running.adjust(adjustableOf(next));
    writeFrom(next['log-level']);
  };
  const files = [guards.tls, guards.peerTls].filter((each) => each !== undefined);
  // First of all: who waits for a cluster to join may do so for hours, and files are renewed meanwhile.
  const begun = heedHangups(given, { adopt, files, context, log });
  const options = await identified(serveOptions(values, log), { values, context, log });
  if (context.interrupted.aborted) return saidEnd(log);
  const guarded = { ...options, ...guards, logLinesLeftOut: leftOut };
  for (const exposure of peerExposures(guarded)) log('warn', 'exposed', exposure);
  if (options.withoutAccess) log('warn', 'withoutAccess', { message: WITHOUT_ACCESS });
  const bootstrap = bootstrapOf(values, guards.clusterSecret ?? null);
  announce(values, { context, log });
  const starting = started(guarded, bootstrap === null ? null : { bootstrap, context, log });
  const server = await Promise.race([starting, aborted(context.interrupted)]);
  if (server === null) return abandon(starting, log);
  begun(server);
  tellExposures(server, guarded, log);
  const joining = joinOf(values);
  const refused = joining === null ? NEVER : join(joining, { server, context, log });
  return untilTheEnd(server, context, { log, lingerMs: values['halt-linger-ms'], refused });
}

const WITHOUT_ACCESS =
  'THIS NODE LETS IN EVERYBODY, whatever the cluster says. Make a token (raftchart token create NAME --role root), then start it without --without-access.';

/** Others find it as long as it is not told to stop (CG7). */
function announce(values: Checked, { context, log }: Asker): void {
  const group = groupOf(values);
  if (group === null) return;
  const announcer = new Announcer(group, values.listen, log);
  context.interrupted.addEventListener('abort', () => announcer.close(), { once: true });
}

const NEVER = new Promise<never>(() => {});
