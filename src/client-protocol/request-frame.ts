/** Requests as frames: written by the client, read by the server, which trusts none of it (SV20). */

import { unreachable } from '../core/assert.ts';
import { faultInSessionCall, type SessionCall } from '../core/session.ts';
import type { EntryId } from '../core/types.ts';
import { type KeySelector, SELECTOR_PARTS, selectorOf } from '../kv/keys/key-selector.ts';
import { BadField, type Fields } from '../wire/fields.ts';
import type { PlainBounds } from '../wire/plain-list.ts';
import { packFrame, readFrame } from './frame-codec.ts';
import { type ClientRequest, CONSISTENCIES, type SubmitRequest } from './frame-shapes.ts';
import {
  ITEMS_PER_FRAME_MAX,
  REQUEST_FIELDS_MAX,
  REQUEST_ID_MAX,
  TIMEOUT_MS_MAX,
} from './limits.ts';

const KIND = { submit: 1, read: 2, watch: 3, cancel: 4, status: 5, submitInSession: 6 } as const;
/** A list of requests, each a list of fields. */
const PLAIN: PlainBounds = {
  depthMax: 2,
  valuesMax: 1 + ITEMS_PER_FRAME_MAX * (1 + REQUEST_FIELDS_MAX),
  hasBytes: true,
};

export function encodeRequests(requests: readonly ClientRequest[]): Uint8Array {
  return packFrame(requests.map(fieldsOf));
}

/** A string, instead of requests, says what is wrong with the frame. */
export function decodeRequests(bytes: Uint8Array): readonly ClientRequest[] | string {
  return readFrame(bytes, { plain: PLAIN, readItem: readRequest });
}

function fieldsOf(request: ClientRequest): readonly unknown[] {
  switch (request.type) {
    case 'submit':
      return submitFields(request);
    case 'read':
      return [
        KIND.read,
        request.id,
        request.timeoutMs,
        CONSISTENCIES.indexOf(request.consistency),
        ...selectorFields(request.selector),
        request.limit,
        request.revision,
        request.keysOnly,
        request.atLeast?.term ?? null,
        request.atLeast?.index ?? null,
      ];
    case 'watch':
      return [KIND.watch, request.id, ...selectorFields(request.selector), request.from];
    case 'cancel':
      return [KIND.cancel, request.id];
    case 'status':
      return [KIND.status, request.id];
    default:
      return unreachable(request);
  }
}

function readRequest(fields: Fields): ClientRequest {
  const kind = fields.whole('a kind of request');
  const id = fields.whole('an id', 1, REQUEST_ID_MAX);
  switch (kind) {
    case KIND.submit:
      return readSubmit(id, fields, null);
    case KIND.submitInSession:
      return readSubmit(id, fields, readSession);
    case KIND.read:
      return {
        type: 'read',
        id,
        timeoutMs: timeoutOf(fields),
        consistency: fields.choice('a consistency', CONSISTENCIES),
        selector: readSelector(fields),
        limit: counterOf(fields),
        revision: counterOf(fields),
        keysOnly: fields.flag(),
        atLeast: readAtLeast(fields),
      };
    case KIND.watch:
      return { type: 'watch', id, selector: readSelector(fields), from: counterOf(fields) };
    case KIND.cancel:
      return { type: 'cancel', id };
    case KIND.status:
      return { type: 'status', id };
    default:
      throw new BadField('the kind of a request is not known');
  }
}

function submitFields({
  id,
  timeoutMs,
  command,
  session: call,
}: SubmitRequest): readonly unknown[] {
  if (call === null) return [KIND.submit, id, timeoutMs, command];
  const { session, sequence, acknowledgedThrough, opening } = call;
  const { ttlMs = null, notAfterMs = null } = opening ?? {};
  const fields = [session, sequence, acknowledgedThrough, ttlMs, notAfterMs];
  return [KIND.submitInSession, id, timeoutMs, ...fields, command];
}

/** In the order of the frame: the time, the session if it has one, the command. */
function readSubmit(
  id: number,
  fields: Fields,
  readCall: ((fields: Fields) => SessionCall) | null,
): SubmitRequest {
  const timeoutMs = timeoutOf(fields);
  const session = readCall === null ? null : readCall(fields);
  return { type: 'submit', id, timeoutMs, command: fields.bytes(), session };
}

function readSession(fields: Fields): SessionCall {
  const session = fields.bytes();
  const sequence = fields.whole('a sequence', 1);
  const acknowledgedThrough = fields.whole('what is acknowledged');
  const ttlMs = fields.orNull(() => fields.whole('a time to live'));
  const notAfterMs = fields.orNull(() => fields.whole('a time'));
  const opening = ttlMs === null || notAfterMs === null ? null : { ttlMs, notAfterMs };
  const call = { session, sequence, acknowledgedThrough, opening };
  const fault = faultInSessionCall(call);
  if (fault !== null) throw new BadField(fault);
  return call;
}

function readAtLeast(fields: Fields): EntryId | null {
  const term = fields.orNull(() => fields.term());
  const index = fields.orNull(() => fields.index());
  return term === null || index === null ? null : { term, index };
}

function timeoutOf(fields: Fields): number {
  return fields.whole('a timeout', 1, TIMEOUT_MS_MAX);
}

function counterOf(fields: Fields): number | null {
  return fields.orNull(() => fields.whole('a limit or revision', 1));
}

function selectorFields(selector: KeySelector): readonly unknown[] {
  return SELECTOR_PARTS.map((part) => selector[part] ?? null);
}

/** Whether the parts go together, the store decides; here they are bytes or absent. */
function readSelector(fields: Fields): KeySelector {
  return selectorOf(() => fields.orNull(() => fields.bytes()));
}
