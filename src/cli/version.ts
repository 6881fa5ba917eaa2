/** The version of this package, from its own package.json. */
import { createRequire } from 'node:module';

export function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('raftchart/package.json');
  const isManifest = manifest instanceof Object && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}
