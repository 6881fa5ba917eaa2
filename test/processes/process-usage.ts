/** What a process has used, as the operating system counts it in /proc. `null`: the process has ended. */
import { readFileSync } from 'node:fs';

/** Of one tick in /proc, in milliseconds; the same on every Linux that Node.js runs on. */
const TICK_MS = 10;

export function residentMib(pid: number): number | null {
  return inStatus(pid, 'VmRSS');
}

/** Without what is mapped of files, which the system takes back as it needs it: LevelDB maps its tables. */
export function anonymousMib(pid: number): number | null {
  return inStatus(pid, 'RssAnon');
}

function inStatus(pid: number, field: string): number | null {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`));
  return found === null ? null : Number(found[1]) / 1024;
}

/** Since its start: what a busy machine makes others wait for does not count. */
export function processorMs(pid: number): number | null {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]];
  return user === undefined ? null : (Number(user) + Number(system)) * TICK_MS;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
