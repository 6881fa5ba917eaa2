import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A directory with these files, for as long as it is looked at. */
export function inDirectory(
  texts: Readonly<Record<string, string>>,
  look: (directory: string) => void,
): void {
  const directory = mkdtempSync(join(tmpdir(), 'raftchart-tidy-'));
  try {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    look(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
