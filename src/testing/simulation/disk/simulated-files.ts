/** The file operations of the log store upon a simulated disk: each takes a while, and may be cut short by the end. */
import type { Files, OpenFile } from '../../../storage/disk/files.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import { newFile, type SimulatedFile, syncFile } from './simulated-content.ts';
import { noSpace, type SimulatedDisk } from './simulated-disk.ts';

/** A sync in the background comes within this time, in milliseconds. */
const BACKGROUND_SYNC_MS = 1_000;

export function simulatedFiles(disk: SimulatedDisk, process: SimulatedProcess): Files {
  const fileAt = (path: string): SimulatedFile | null => {
    const node = disk.content.get(path);
    return node?.type === 'file' ? node : null;
  };
  return {
    list: (directory) => disk.promise(process, () => namesIn(disk, directory)),
    makeDirectory: () => disk.promise(process, () => {}),
    read: (path) => disk.promise(process, () => fileAt(path)?.content.slice() ?? null),
    write: (path, bytes) =>
      disk.promise(
        process,
        () => {
          if (disk.trouble.isFull) throw noSpace();
          disk.content.set(path, newFile(bytes));
        },
        () => {
          const length = disk.random.integer(0, bytes.length);
          if (disk.random.chance(0.5)) disk.content.set(path, newFile(bytes.subarray(0, length)));
        },
      ),
    rename: (from, to) => {
      const rename = (): void => {
        const node = disk.content.get(from);
        if (node === null) throw new Error(`ENOENT: no such file, rename '${from}'`);
        disk.content.delete(from);
        disk.content.set(to, node);
      };
      return disk.promise(process, rename, () => {
        if (disk.random.chance(0.5)) rename();
      });
    },
    syncDirectory: (directory) =>
      disk.promise(process, () => disk.content.syncNames(`${directory}/`)),
    open: (path) =>
      disk.promise(process, () => {
        const file = fileAt(path);
        if (file === null) throw new Error(`ENOENT: no such file, open '${path}'`);
        return openFile(disk, process, file);
      }),
  };
}

function openFile(disk: SimulatedDisk, process: SimulatedProcess, file: SimulatedFile): OpenFile {
  let isSyncDue = false;
  return {
    writeAt: (bytes, position) => {
      if (disk.trouble.isFull) throw noSpace();
      file.content.set(bytes, position);
      file.pending.push({ bytes: bytes.slice(), position });
    },
    sync: (completed) => {
      const pieces = file.pending.length;
      disk.operate(process, {
        perform: () => syncFile(file, pieces),
        interrupt: () => {},
        completed: () => completed(null),
      });
    },
    syncSoon: () => {
      if (isSyncDue) return;
      isSyncDue = true;
      disk.later(disk.random.between(0, BACKGROUND_SYNC_MS), () => {
        isSyncDue = false;
        if (process.isAlive) syncFile(file, file.pending.length);
      });
    },
    close: () => disk.promise(process, () => syncFile(file, file.pending.length)),
  };
}

function namesIn(disk: SimulatedDisk, directory: string): readonly string[] | null {
  const prefix = `${directory}/`;
  const inside = disk.content.paths.filter((path) => path.startsWith(prefix));
  return inside.length === 0 ? null : inside.map((path) => path.slice(prefix.length)).sort();
}
