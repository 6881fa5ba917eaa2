/** What this process takes of its machine, for whoever looks at its metrics. */
import type { ProcessGauges } from './metrics.ts';

export function processGauges(): Omit<ProcessGauges, 'disk'> {
  const { heapUsed, rss } = process.memoryUsage();
  const { system, user } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    processorSeconds: (system + user) / 1e6,
    uptimeSeconds: process.uptime(),
  };
}
