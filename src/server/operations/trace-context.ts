/**
 * The trace that a request is part of, as its `traceparent` says (W3C Trace Context, what OpenTelemetry sends): told in the log,
 * and changed by nobody here (OP9). One that is malformed is none, as the standard has it.
 */
export interface TraceContext {
  readonly traceId: string;
  /** Of the caller: what is logged here belongs under it. */
  readonly spanId: string;
}

/** `null`: it is part of none. */
export function traceOf(headers: Headers): TraceContext | null {
  const match = FORM.exec(headers.get('traceparent') ?? '');
  if (match === null) return null;
  const [, version = '', traceId = '', spanId = '', more = ''] = match;
  const isKnown = version !== 'ff' && (version !== '00' || more === '');
  if (!isKnown || NOTHING.test(traceId) || NOTHING.test(spanId)) return null;
  return { traceId, spanId };
}

/** Later versions may have more behind it. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const NOTHING = /^0+$/;
