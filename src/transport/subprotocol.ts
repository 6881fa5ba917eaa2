/**
 * Which protocol version is spoken on a WebSocket is chosen while it opens (RFC 6455 §1.9): who dials names what it
 * knows, who is called picks the newest of it that it knows as well (UP1). The bare name came before there was a choice, and
 * stands first, since members of version 3 pick the first: it means what they speak.
 */
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../core/hello.ts';

const BARE = 'raftchart-peer';
const BARE_MEANS = 3;

/** By name, from the oldest on. */
const KNOWN: ReadonlyMap<string, number> = new Map([
  [BARE, BARE_MEANS],
  ...versionsFrom(Math.max(OLDEST_PROTOCOL_VERSION, BARE_MEANS + 1)).map(
    (version) => [`${BARE}.${version}`, version] as const,
  ),
]);

/** What a dial offers. */
export const OFFERED: readonly string[] = [...KNOWN.keys()];

/** Of what a caller offers, the newest known here; `false`: it offers nothing that is. */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | false {
  return OFFERED.findLast((name) => offered.has(name)) ?? false;
}

/** What is spoken under the name that was chosen; none: by whoever offers no name. Whoever is too old hears so in its hello. */
export function versionSpoken(chosen: string): number {
  return Math.max(OLDEST_PROTOCOL_VERSION, KNOWN.get(chosen) ?? BARE_MEANS);
}

function versionsFrom(first: number): readonly number[] {
  return Array.from({ length: PROTOCOL_VERSION - first + 1 }, (_, at) => first + at);
}
