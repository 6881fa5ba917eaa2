/** Who can be reached, told among the records of those who can. */
import { expect, it } from 'vitest';
import type { PageRecord } from '../../visualizations/page/stream/page-record.ts';
import { Reach } from '../../visualizations/page/stream/reach.ts';
import { BEGIN, presence, view } from './told.ts';

function reached(tell: (reach: Reach) => void): readonly string[] {
  const records: PageRecord[] = [];
  tell(new Reach((record) => records.push(record)));
  return records.map((record) => {
    const what = record.type === 'presence' ? `${record.presence}, ${record.how}` : record.type;
    return `${record.at - BEGIN} ${record.node} ${what}`;
  });
}

it('[LP13] tells that a node is lost or there again, once, by the clock of the nodes', () => {
  const told = reached((reach) => {
    reach.lost('n2');
    reach.reached('n1');
    reach.heard(view('n1', 100));
    reach.lost('n2');
    reach.heard(view('n1', 90));
    reach.reached('n2');
    reach.reached('n2');
    reach.lost('n1');
  });
  expect(told).toEqual([
    '100 n2 dead, cannot be reached',
    '100 n1 running, can be reached',
    ...['100 n1 view', '90 n1 view'],
    '100 n2 running, can be reached',
    '100 n1 dead, cannot be reached',
  ]);
});

it('[LP13] says nothing of whom the demo itself knows to be dead', () => {
  const told = reached((reach) => {
    reach.heard(presence('n1', 5, 'dead', 'was killed'));
    reach.lost('n1');
  });
  expect(told).toEqual(['5 n1 dead, was killed']);
});
