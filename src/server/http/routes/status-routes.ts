/** `/status`, `/livez`, `/readyz` and `/metrics`: what operators and their tools ask (SV5, SV14). */
import type { RaftError } from '../../../core/errors.ts';
import { asRaftError } from '../../errors.ts';
import { READY_TIMEOUT_MS } from '../../limits.ts';
import { metricsText } from '../../operations/metrics.ts';
import { leaderlessReason } from '../../operations/node-log.ts';
import { PROMETHEUS_CONTENT_TYPE } from '../../operations/prometheus-text.ts';
import type { ServerContext } from '../../server-context.ts';
import { untilReadable } from '../../store/replica-calls.ts';
import { type StatusParts, statusJson } from '../../store/status-json.ts';
import { timeoutFrom } from '../request/request-input.ts';
import { readQuery } from '../request/request-query.ts';

type MetricsParts = Pick<
  ServerContext,
  'replica' | 'counters' | 'held' | 'kv' | 'version' | 'process'
>;

export function getStatus(context: StatusParts, request: Request): Response {
  readQuery(request.url, []);
  return Response.json(statusJson(context));
}

/** Alive means: the process answers and its node has not halted. A leader is not needed for that. */
export function getLivez(request: Request, halted: RaftError | null): Response {
  readQuery(request.url, []);
  if (halted === null) return Response.json({ alive: true });
  const reason = `${halted.code}: ${halted.message}`;
  return Response.json({ alive: false, reason }, { status: 503 });
}

/** Ready means proven, not guessed: a linearizable read could be answered here and now. */
export async function getReadyz(
  context: Pick<ServerContext, 'replica'>,
  request: Request,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs']);
  const timeoutMs = timeoutFrom(query, READY_TIMEOUT_MS);
  const status = context.replica.status();
  if (status.leader === null) return notReady(leaderlessReason(status));
  try {
    await untilReadable(context.replica, { timeoutMs });
    return Response.json({ ready: true });
  } catch (error) {
    const known = asRaftError(error);
    if (known === null) throw error;
    return notReady(`${known.code}: ${known.message}`);
  }
}

export function notReady(reason: string): Response {
  return Response.json({ ready: false, reason }, { status: 503 });
}

export function getMetrics(context: MetricsParts, request: Request): Response {
  readQuery(request.url, []);
  const { replica, counters, held, kv, version, process } = context;
  const store = () => ({
    revision: kv.revision,
    compactedRevision: kv.compactedRevision,
    keys: kv.keyCount,
    leases: kv.leases.size,
  });
  const text = metricsText({ replica, counters, held, store, process, version });
  return new Response(text, { headers: { 'content-type': PROMETHEUS_CONTENT_TYPE } });
}
