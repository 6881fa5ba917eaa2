/**
 * `serve`: one node, until it is told to stop or has to. Logs are lines on standard error, JSON unless asked otherwise; why it could
 * not start is a sentence there, and the exit code says whether a restart can help (SV24–SV27, CL16).
 */
import { boundedLog } from '../../server/operations/bounded-log.ts';
import { jsonLog, type LogLevel, logFrom, logThrough } from '../../server/operations/json-log.ts';
import { textLog } from '../../server/operations/text-log.ts';
import type { RunningServer } from '../../server/serve.ts';
import { connectionClock } from '../../wire/ws-clock.ts';
import { aborted, command } from '../command.ts';
import { strayEnvironment } from '../options/read-options.ts';
import { peerExposures, tellExposures } from './exposure.ts';
import { Announcer } from './finding/announcer.ts';
import { groupOf } from './finding/member-finding.ts';
import { type Asker, join } from './join-cluster.ts';
import { adjustableOf, heedHangups } from './reload.ts';
import { abandon, saidEnd, untilTheEnd } from './serve-end.ts';
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
    const { values } = given;
    const write = context.writeError;
    const form = values['log-format'] === 'text' ? textLog : jsonLog;
    const told = form({ write, wallTimeMs: Date.now, base: { node: values.id } });
    let least: LogLevel = values['log-level'];
    const whole = logThrough(
      'stopped',
      logFrom(() => least, told),
    );
    const { leftOut, log } = boundedLog(whole, connectionClock);
    for (const name of strayEnvironment(context.environment)) {
      log('warn', 'environment', { message: `${name} is no option and has no effect.` });
    }
    const guards = guardsOf(values, log);
    const options = await identified(serveOptions(values, log), { values, context, log });
    if (context.interrupted.aborted) return saidEnd(log);
    const guarded = { ...options, ...guards, logLinesLeftOut: leftOut };
    for (const exposure of peerExposures(guarded)) log('warn', 'exposed', exposure);
    if (options.withoutAccess) log('warn', 'withoutAccess', { message: WITHOUT_ACCESS });
    const bootstrap = bootstrapOf(values, guards.clusterSecret ?? null);
    announce(values, { context, log });
    const starting = started(guarded, bootstrap === null ? null : { bootstrap, context, log });
    const adopt = (server: RunningServer, next: Given['values']): void => {
      server.adjust(adjustableOf(next));
      least = next['log-level'];
    };
    const files = [guards.tls, guards.peerTls].filter((each) => each !== undefined);
    heedHangups(given, { starting, adopt, files, context, log });
    const server = await Promise.race([starting, aborted(context.interrupted)]);
    if (server === null) return abandon(starting, log);
    tellExposures(server, guarded, log);
    const joining = joinOf(values);
    const refused = joining === null ? NEVER : join(joining, { server, context, log });
    return untilTheEnd(server, context, { log, lingerMs: values['halt-linger-ms'], refused });
  },
});

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
