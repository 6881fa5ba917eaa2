import { expect, it } from 'vitest';
import { CLIENT_COMMAND_BYTES_MAX } from '../../src/client-protocol/limits.ts';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import { PUT_HEADERS_BYTES_MAX } from '../../src/kv/limits.ts';
import {
  contradictionInServerLimits,
  DEFAULT_SERVER_LIMITS,
  type ServerLimits,
} from '../../src/server/limits.ts';
import { SESSION_HEADER_BYTES_MAX } from '../../src/sessions/session-entry.ts';

const check = (changes: Partial<ServerLimits>): string | null =>
  contradictionInServerLimits({ ...DEFAULT_SERVER_LIMITS, ...changes });

it('[CF4] the largest key with the largest value fits into the largest command, to the byte', () => {
  expect(check({})).toBeNull();
  const sizes = { keyBytesMax: 100, valueBytesMax: 1_000 };
  const put = encodeCommand({
    type: 'put',
    key: new Uint8Array(sizes.keyBytesMax),
    value: new Uint8Array(sizes.valueBytesMax),
    lease: 7,
    condition: { type: 'modRevision', modRevision: 7 },
  });
  expect(put.length - 1_100).toBe(PUT_HEADERS_BYTES_MAX);
  const inSession = put.length + SESSION_HEADER_BYTES_MAX;
  expect(check({ ...sizes, commandBytesMax: inSession })).toBeNull();
  expect(check({ ...sizes, commandBytesMax: inSession - 1 })).toMatch(
    /^valueBytesMax 1000 does not fit into commandBytesMax 1173: /,
  );
});

it('[CF4] what HTTP lets in, the client can send', () => {
  expect(check({ commandBytesMax: CLIENT_COMMAND_BYTES_MAX })).toBeNull();
  expect(check({ commandBytesMax: CLIENT_COMMAND_BYTES_MAX + 1 })).toContain('is too large');
});
