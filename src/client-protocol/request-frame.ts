/** Requests as frames: written by the client, read by the server, which trusts none of it (SV20). */

import { unreachable } from '../core/assert.ts';
import type { KeySelector } from '../kv/commands.ts';
import type { PlainBounds } from '../wire/plain-list.ts';
import {
  BadFrame,
  bytesOf,
  fields,
  flagOf,
  oneOf,
  orNull,
  packFrame,
  readFrame,
  whole,
} from './frame-codec.ts';
import { type ClientRequest, type Consistency, ITEMS_PER_FRAME_MAX } from './frame-shapes.ts';

const KIND = { submit: 1, read: 2, watch: 3, cancel: 4, status: 5 } as const;
const CONSISTENCIES: readonly Consistency[] = ['linearizable', 'lease', 'local'];
const FIELDS_MAX = 11;
/** A list of requests, each a list of fields. */
const PLAIN: PlainBounds = {
  depthMax: 2,
  valuesMax: 1 + ITEMS_PER_FRAME_MAX * (1 + FIELDS_MAX),
  hasBytes: true,
};
const ID_MAX = 2 ** 40;
/** The longest a request may wait, in milliseconds. */
export const TIMEOUT_MS_MAX = 60_000;

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
      return [KIND.submit, request.id, request.timeoutMs, request.command];
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

function readRequest(item: readonly unknown[]): ClientRequest {
  const id = whole(item[1], 1, ID_MAX);
  switch (item[0]) {
    case KIND.submit:
      fields(item, 4);
      return { type: 'submit', id, timeoutMs: timeoutOf(item[2]), command: bytesOf(item[3]) };
    case KIND.read:
      fields(item, 11);
      return {
        type: 'read',
        id,
        timeoutMs: timeoutOf(item[2]),
        consistency: oneOf(item[3], CONSISTENCIES),
        selector: selectorOf(item.slice(4, 8)),
        limit: orNull(item[8], (value) => whole(value, 1)),
        revision: orNull(item[9], (value) => whole(value, 1)),
        keysOnly: flagOf(item[10]),
      };
    case KIND.watch: {
      fields(item, 7);
      const from = orNull(item[6], (value) => whole(value, 1));
      return { type: 'watch', id, selector: selectorOf(item.slice(2, 6)), from };
    }
    case KIND.cancel:
      fields(item, 2);
      return { type: 'cancel', id };
    case KIND.status:
      fields(item, 2);
      return { type: 'status', id };
    default:
      throw new BadFrame('the kind of a request is not known');
  }
}

function timeoutOf(value: unknown): number {
  return whole(value, 1, TIMEOUT_MS_MAX);
}

function selectorFields({ key, prefix, start, end }: KeySelector): readonly unknown[] {
  return [key ?? null, prefix ?? null, start ?? null, end ?? null];
}

/** Whether the parts go together, the store decides; here they are bytes or absent. */
function selectorOf([key, prefix, start, end]: readonly unknown[]): KeySelector {
  return {
    ...(key !== null && { key: bytesOf(key) }),
    ...(prefix !== null && { prefix: bytesOf(prefix) }),
    ...(start !== null && { start: bytesOf(start) }),
    ...(end !== null && { end: bytesOf(end) }),
  };
}
