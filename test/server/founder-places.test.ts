/** Where nodes that found a cluster by number find each other. */

import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type FoundingWord, NOTHING_FOUNDED } from '../../src/core/founding.ts';
import { nodeId } from '../../src/core/types.ts';
import { FounderPlaces } from '../../src/server/founder-places.ts';
import { doorInCluster, type foundingDoor } from '../../src/server/founding-door.ts';
import { FOUNDER_PLACES_MAX, FOUNDER_PLACES_MS } from '../../src/server/limits.ts';
import { cleanUp } from '../clean-up.ts';

const [A, B, C, D] = ['http://a.test:1', 'http://b.test:2', 'http://c.test:3', 'http://d.test:4'];

function places() {
  let now = 0;
  const own = new FounderPlaces(A, () => now);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { own, pass };
}

describe('the places of founders', () => {
  it('[FO15] are those who have asked or answered, and those that these told of; it is not among them itself', () => {
    const { own } = places();
    own.met(B);
    own.met(A);
    own.told([A, C, B], B);
    expect([...own.urls].sort()).toEqual([B, C]);
  });

  it('[FO15] are told on only at first hand, and not to who it is', () => {
    const { own } = places();
    own.met(B);
    own.met(D);
    own.told([C], B);
    expect([own.toldTo(B), own.toldTo(undefined)]).toEqual([[D], [B, D]]);
  });

  it('[FO15] are forgotten, and so are never told of for ever', () => {
    const { own, pass } = places();
    own.met(B);
    own.told([C], B);
    pass(FOUNDER_PLACES_MS);
    own.met(D);
    expect([...own.urls].sort()).toEqual([B, C, D]);
    pass(1);
    expect([own.urls, own.toldTo(null)]).toEqual([[D], [D]]);
  });

  it('[FO15] are so many at most, and addresses of servers, as near as who told of them', () => {
    const { own } = places();
    const many = Array.from({ length: 2 * FOUNDER_PLACES_MAX }, (_, at) => `http://m${at}.test:1`);
    for (const url of many) own.met(url);
    expect(own.toldTo(null)).toEqual(many.slice(0, FOUNDER_PLACES_MAX));
    const other = places().own;
    for (const url of [7, null, 'b', 'http://b.test:2/x', 'ftp://b.test']) other.met(url);
    other.told(['http://127.0.0.1:4100', 'https://b.test:2', 7, C], B);
    other.told({ 0: D }, B);
    other.told(many, B);
    expect(other.urls).toHaveLength(FOUNDER_PLACES_MAX);
    expect(other.urls[0]).toBe(C);
  });
});

describe('the door of a member', () => {
  const word: FoundingWord = {
    ...{ cluster: '', expected: 3, state: NOTHING_FOUNDED },
    self: { id: nodeId('n2'), incarnation: 'a', address: 'a:1' },
  };

  async function asked(door: ReturnType<typeof foundingDoor>, clientUrl?: string) {
    const server = createServer(door.listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    cleanUp(() => server.close());
    const bound = server.address();
    const url = `http://127.0.0.1:${bound instanceof Object ? bound.port : 0}/founding`;
    const answer = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ ...word, clientUrl }),
    });
    return answer.json();
  }

  it('[FO15] tells those who still ask of each other, and of the members', async () => {
    const members = () => [A, B];
    const door = doorInCluster({ clusterId: 'c', founded: null, members, secret: null });
    expect(await asked(door, C)).toEqual({ clusterId: 'c', others: [A, B] });
    expect(await asked(door, D)).toEqual({ clusterId: 'c', others: [A, B, C] });
    expect(await asked(door)).toEqual({ clusterId: 'c', others: [A, B, C, D] });
  });
});
