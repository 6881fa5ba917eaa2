/** How much room there is where the data directory lies (OP10): looked up now and then, never while somebody waits. */
import { statfs } from 'node:fs/promises';
import type { ConnectionClock } from '../../ports/clock.ts';

/** It changes slowly, and a disk that hangs must not be asked often. */
export const SPACE_INTERVAL_MS = 10_000;

export interface DiskSpace {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** In blocks, and how large they are. */
type Look = (path: string) => Promise<{
  readonly bavail: number;
  readonly blocks: number;
  readonly bsize: number;
}>;

interface SpaceOptions {
  readonly clock: Pick<ConnectionClock, 'setIdleTimeout' | 'clearTimeout'>;
  readonly look?: Look;
}

interface SpaceWatch {
  /** As it was at the last look; `null`: there was none yet, or the system does not say. */
  readonly latest: () => DiskSpace | null;
  readonly stop: () => void;
}

/** Bound: one look at a time. */
export function watchDiskSpace(
  path: string,
  { clock, look = (place) => statfs(place) }: SpaceOptions,
): SpaceWatch {
  let timer: unknown = null;
  let isOver = false;
  let latest: DiskSpace | null = null;
  const next = async (): Promise<void> => {
    latest = await look(path).then(spaceOf, () => null);
    if (!isOver) timer = clock.setIdleTimeout(next, SPACE_INTERVAL_MS);
  };
  void next();
  const stop = (): void => {
    isOver = true;
    if (timer !== null) clock.clearTimeout(timer);
  };
  return { latest: () => latest, stop };
}

function spaceOf({ bavail, blocks, bsize }: Awaited<ReturnType<Look>>): DiskSpace {
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}
