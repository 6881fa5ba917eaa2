/** What every `LogStore` makes of configuration entries (MC1, CF5); a part of its contract. */
import { staticConfiguration } from '../../core/configuration.ts';
import {
  append,
  configured,
  hard,
  idsOf,
  membersOf,
  OWNER,
  run,
  truncate,
  write,
} from './log-operations.ts';
import type { StoreHarness } from './store-harness.ts';

export function membershipTests({ it, expect, stored }: StoreHarness): void {
  it('[MC1] [CF5] a start reads the configurations of the log, and takes the present members for known', async () => {
    const [learning, joint] = [
      membersOf(['n2', 'n3'], [], ['n4']),
      membersOf(['n2'], ['n2', 'n3']),
    ];
    const { place, store } = await stored([
      hard(2),
      append(
        run(1, 1, ['a']),
        configured(1, 2, learning),
        run(2, 3, ['b', 'c']),
        configured(2, 5, joint),
      ),
    ]);
    await store.close();
    const [now, later] = [staticConfiguration(idsOf('n2', 'n3')), place.store()];
    const { configurations } = await later.open({ ...OWNER, founding: now });
    expect(configurations).toEqual([
      { ...learning, index: 2 },
      { ...joint, index: 5 },
    ]);
    await write(later, [truncate(5)]);
    await later.close();
    const [truncated, last] = [staticConfiguration(idsOf('n2', 'n3', 'n4')), place.store()];
    expect((await last.open({ ...OWNER, founding: truncated })).configurations).toHaveLength(1);
    await last.close();
    await expect(place.store().open({ ...OWNER, founding: now })).rejects.toMatchObject({
      message: expect.stringContaining('a cluster of n2, n3, n4, but this start names n2, n3 '),
    });
  });
}
