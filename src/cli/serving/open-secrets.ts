/**
 * Files of keys, secrets and tokens that every user of the machine may read: a start says so, and goes on (TL10). A group may read them, since
 * that is how a service is given keys; and what lies in a directory that is closed to others is closed itself. What a container was given is as its platform has made it, and there is nobody else in there.
 */
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../../server/operations/json-log.ts';
import { HANDED_OVER } from '../input/given-file.ts';
import type { OptionName, OptionValues } from '../options/option-table.ts';

const SECRET_OPTIONS = [
  'tls-key',
  'peer-tls-key',
  'cluster-secret-file',
  'key',
  'token-file',
] as const satisfies readonly OptionName[];
type SecretValues = OptionValues<(typeof SECRET_OPTIONS)[number]>;

const OTHERS_READ = 0o004;
const OTHERS_PASS = 0o001;
/** Where Docker and Kubernetes put secrets; the latter also puts what it mounts behind a directory whose name begins with two dots. */
const MOUNTED = /^(?:\/var)?\/run\/secrets\/|\/\.\.[^/]/;

export function tellOpenSecrets(values: SecretValues, log: Log): void {
  for (const name of SECRET_OPTIONS) {
    const given = values[name];
    const path = given instanceof Object ? ('file' in given ? given.file : null) : given;
    const mode = path === null ? null : openMode(path);
    if (mode !== null) log('warn', 'openSecret', { option: `--${name}`, mode, message: ADVICE });
  }
}

const ADVICE =
  'EVERY USER OF THIS MACHINE MAY READ THIS FILE. Let its owner alone do so (chmod 600), or a group that only this service is in (chmod 640).';

/** `null`: not every user may read it, or whoever reads it says what is wrong with it. */
function openMode(path: string): string | null {
  try {
    const { mode } = statSync(path);
    const isOpen = process.platform !== 'win32' && (mode & OTHERS_READ) !== 0;
    // What a shell hands over is no file that others find.
    if (!isOpen || HANDED_OVER.test(path)) return null;
    const place = realpathSync(path);
    if (MOUNTED.test(place) || !isReached(dirname(place))) return null;
    return (mode & 0o777).toString(8).padStart(4, '0');
  } catch {
    return null;
  }
}

/** By everybody: all directories on the way let them pass. */
function isReached(directory: string): boolean {
  if ((statSync(directory).mode & OTHERS_PASS) === 0) return false;
  const above = dirname(directory);
  return above === directory || isReached(above);
}
