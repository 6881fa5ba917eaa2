/**
 * The layout of a header frame, the first (and mostly the only) WebSocket message of everything that is
 * said between members (TR3). Little-endian; the same in every protocol version, so that two nodes of
 * different versions can still tell each other why they part (TR2). Entry runs follow as frames of
 * their own. This file knows bytes only: what a body means is for `codec.ts`.
 *
 *   0  u32 CRC-32 of the bytes [4, end)     6  u16 number of entry runs that follow
 *   4  u8  kind                             8  body: MessagePack
 *   5  u8  protocol version
 */
import { crc32 } from '../core/bytes/checksum.ts';
import { HEADER_FRAME_BYTES_MAX } from '../core/limits.ts';

export const FRAME_KIND = { hello: 1, message: 2, refuse: 3 } as const;
type FrameKind = (typeof FRAME_KIND)[keyof typeof FRAME_KIND];

export const FRAME_HEADER_BYTES = 8;
/**
 * Bound: header frames larger than this are refused unread. A full hello takes 8.8 kB, a change of members up to
 * `CHANGE_BYTES_MAX`, every other message 72 bytes, a refusal of `REFUSAL_LENGTH_MAX` characters 1.6 kB.
 */
const FRAME_BYTES_MAX: Readonly<Record<FrameKind, number>> = {
  [FRAME_KIND.hello]: HEADER_FRAME_BYTES_MAX,
  [FRAME_KIND.message]: HEADER_FRAME_BYTES_MAX,
  [FRAME_KIND.refuse]: 2 * 1024,
};

export interface FrameHead {
  readonly kind: FrameKind;
  readonly version: number;
  readonly runCount: number;
}

/** Fills in the head of a frame whose body is in place from `FRAME_HEADER_BYTES` on, and its checksum. */
export function sealFrame(bytes: Uint8Array, head: FrameHead): Uint8Array {
  bytes[4] = head.kind;
  bytes[5] = head.version;
  bytes[6] = head.runCount & 0xff;
  bytes[7] = head.runCount >>> 8;
  const sum = crc32(bytes, 4);
  bytes[0] = sum & 0xff;
  bytes[1] = (sum >>> 8) & 0xff;
  bytes[2] = (sum >>> 16) & 0xff;
  bytes[3] = sum >>> 24;
  return bytes;
}

/** Proves length and checksum. A string, instead of a head, says what is wrong. */
export function openFrame(bytes: Uint8Array): FrameHead | string {
  if (bytes.length <= FRAME_HEADER_BYTES) return `a frame of ${bytes.length} bytes has no body`;
  const kind = bytes[4];
  if (!isFrameKind(kind)) return `frame kind ${kind} is not known`;
  if (bytes.length > FRAME_BYTES_MAX[kind]) {
    return `a header frame of ${bytes.length} bytes, more than ${FRAME_BYTES_MAX[kind]}`;
  }
  if (smallAt(bytes, 0) + smallAt(bytes, 2) * 0x10000 !== crc32(bytes, 4)) {
    return 'a header frame fails its checksum';
  }
  return { kind, version: smallAt(bytes, 5) & 0xff, runCount: smallAt(bytes, 6) };
}

function isFrameKind(value: unknown): value is FrameKind {
  return value === FRAME_KIND.hello || value === FRAME_KIND.message || value === FRAME_KIND.refuse;
}

/** Two bytes as a number; the caller has proven that they are there. */
function smallAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
