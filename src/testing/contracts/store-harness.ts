/** Stores under test: made, opened, restarted, and closed and removed after each test. */
import type { LogOperation, LogStore, RecoveredLog } from '../../ports/log-store.ts';
import { OWNER, write } from './log-operations.ts';
import type { TestFramework } from './test-framework.ts';

/** One place that holds a store's content, new and empty. */
export interface StorePlace {
  /** A handle on the content. The one before it has been closed. */
  store(): LogStore;
  /** From the next write on, every write fails. */
  breakDisk(): void;
  dispose(): Promise<void>;
}

interface Started {
  readonly store: LogStore;
  readonly recovered: RecoveredLog;
}

interface Stored {
  readonly place: StorePlace;
  readonly store: LogStore;
  /** Closes the store and opens its content again. */
  restart(): Promise<Started>;
}

export interface StoreHarness extends TestFramework {
  newPlace(): Promise<StorePlace>;
  start(place: StorePlace): Promise<Started>;
  /** A store that has done these writes. */
  stored(...writes: readonly (readonly LogOperation[])[]): Promise<Stored>;
}

/** To be called inside `describe`: it cleans up by `afterEach`. */
export function storeHarness(
  create: () => Promise<StorePlace>,
  framework: TestFramework,
): StoreHarness {
  const places: StorePlace[] = [];
  const open: LogStore[] = [];

  framework.afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    for (const place of places.splice(0)) await place.dispose();
  });

  async function newPlace(): Promise<StorePlace> {
    const place = await create();
    places.push(place);
    return place;
  }

  async function start(place: StorePlace): Promise<Started> {
    const store = place.store();
    open.push(store);
    return { store, recovered: await store.open(OWNER) };
  }

  async function stored(...writes: readonly (readonly LogOperation[])[]): Promise<Stored> {
    const place = await newPlace();
    const { store } = await start(place);
    for (const operations of writes) await write(store, operations);
    const restart = async (): Promise<Started> => {
      await store.close();
      return start(place);
    };
    return { place, store, restart };
  }

  return { ...framework, newPlace, start, stored };
}
