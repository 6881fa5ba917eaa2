/** Where a node finds members of its cluster, and is found itself: by one way of three (CG6, CG7). */
import { usageFailure } from '../../failures/cli-failure.ts';
import type { OptionValues } from '../../options/option-table.ts';
import { inTurn } from './in-turn.ts';
import { MulticastDiscovery } from './multicast-discovery.ts';
import { type Group, interfaceOf } from './multicast-group.ts';
import { srvDiscovery } from './srv-discovery.ts';

export const FINDING_OPTIONS = [
  'join',
  'discover-srv',
  'discover-multicast',
  'multicast-group',
] as const;
type FindingValues = OptionValues<
  | (typeof FINDING_OPTIONS)[number]
  | 'cacert'
  | 'cert'
  | 'cluster-id'
  | 'listen'
  | 'tls-cert'
  | 'token-file'
>;

/** Where members are asked: URLs, looked up anew each time. */
export type FindMembers = () => Promise<readonly string[]>;

/** `null`: it looks for nobody. */
export function findMembersBy(values: FindingValues): FindMembers | null {
  const { 'discover-srv': name, join: urls } = values;
  const group = groupOf(values);
  requireOne({
    '--join': urls !== null,
    '--discover-srv': name !== null,
    '--discover-multicast': group !== null,
  });
  const scheme = schemeOf(values);
  if (urls !== null) return inTurnOf(urls);
  if (name !== null) return srvDiscovery({ name, scheme });
  if (group === null) return null;
  const discovery = new MulticastDiscovery(group, scheme);
  return () => discovery.urls();
}

/** Whoever has been told whom to trust, has something to show, or speaks TLS itself, asks nobody in the open. */
function schemeOf({ cacert, cert, 'tls-cert': ownCert }: FindingValues): 'http' | 'https' {
  return cacert === null && cert === null && ownCert === null ? 'http' : 'https';
}

/** One that says nothing takes all the time of who asks it first: the next time, another is. */
function inTurnOf(urls: readonly string[]): FindMembers {
  const turned = inTurn<string>();
  return async () => turned(urls);
}

/** `null`: it neither asks others on its network nor answers them. */
export function groupOf(values: FindingValues): Group | null {
  const { 'cluster-id': cluster, listen } = values;
  if (!values['discover-multicast']) return null;
  if (listen.port === 0) {
    throw usageFailure(
      '--discover-multicast tells others where this node serves clients: give --listen a port.',
    );
  }
  return { address: values['multicast-group'], via: interfaceOf(listen), cluster: cluster ?? '' };
}

/** CG7: of a node that asks whom it finds. */
export function requireProofOfOthers(values: FindingValues): void {
  const { cacert, 'discover-multicast': isFinding, 'token-file': token } = values;
  if (!isFinding || token === null || cacert !== null) return;
  throw usageFailure(
    '--discover-multicast with a token needs --cacert: whoever is on the network may answer, and must not be shown the token.',
  );
}

function requireOne(given: Readonly<Record<string, boolean>>): void {
  const [one, another] = Object.keys(given).filter((name) => given[name]);
  if (another === undefined) return;
  throw usageFailure(`${one} and ${another} both say where members are: give one of the two.`);
}
