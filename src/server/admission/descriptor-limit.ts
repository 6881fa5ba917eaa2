/** How many file descriptors this process may have open, as the system says (SP2). */
import { readFileSync } from 'node:fs';

/** What a process gets on systems that do not say. Node itself raises the soft limit as far as it may. */
const UNKNOWN_LIMIT = 1024;

export function descriptorLimit(): number {
  return fromProc() ?? fromReport() ?? UNKNOWN_LIMIT;
}

/** Linux. The first number is the soft limit, the one that counts. */
export function softLimitIn(limits: string): number | null {
  const word = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (word === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return word !== undefined && /^[0-9]+$/.test(word) ? Number(word) : null;
}

function fromProc(): number | null {
  try {
    return softLimitIn(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return null;
  }
}

/** Other systems: Node's own report has it. Windows has no such limit and says nothing. */
function fromReport(): number | null {
  const report: unknown = process.report.getReport();
  const soft = at(at(at(report, 'userLimits'), 'open_files'), 'soft');
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return typeof soft === 'number' ? soft : null;
}

function at(value: unknown, name: string): unknown {
  return value instanceof Object ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
