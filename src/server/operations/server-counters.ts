/** What the server counts about itself; plain numbers that `/metrics` reads. Owned by one server. */

import { emptyHistogram, type Histogram, observe } from '../../core/histogram.ts';
import type { Replica } from '../../ports/replica.ts';

export class ServerCounters {
  /** By `method route status`, each a label value that cannot hold a blank. */
  readonly httpRequests = new Map<string, number>();
  readonly httpDurations = new Map<string, Histogram>();
  /** HTTP requests that are not answered yet. */
  httpInFlight = 0;
  /** Server-sent event streams that are open. */
  httpWatches = 0;
  /** Own snapshots since the start, and the bytes of the last. */
  snapshots = 0;
  snapshotBytes = 0;
  /** Those that were due and could not be taken. */
  snapshotsRefused = 0;
  /** Backups that are being made. */
  backups = 0;
  /** By how they ended: `whole`, or `broken`. */
  readonly backupsEnded = new Map<string, number>();
  /** Connections refused or dropped because too many were open. */
  connectionsRefused = 0;
  /** Connections on which TLS did not come about: a stranger's certificate, none, old TLS, no TLS at all, or too slow. */
  tlsHandshakesFailed = 0;
  /** Lines of the log that were left out, by event. */
  logLinesLeftOut: ReadonlyMap<string, number> = new Map();
  /** Requests refused for their `Host` or `Origin`. */
  foreignRequests = 0;
  clientConnections = 0;
  clientConnectionsTotal = 0;
  /** By operation: submit, get, range, watch, status. */
  readonly clientRequests = new Map<string, number>();
  /** By operation: submit, read. */
  readonly clientDurations = new Map<string, Histogram>();
  /** How late the event loop was. */
  readonly loopDelay = emptyHistogram();
  clientWatches = 0;
  /** What they hold, about. */
  clientWatchBytes = 0;
  /** Frames that broke the protocol; each closed its connection. */
  clientBadFrames = 0;
  /** Watches ended because their reader was too slow. */
  watchesTooSlow = 0;
}

/** Returns how to stop it. */
export function countSnapshots(
  replica: Pick<Replica, 'onSnapshot'>,
  counters: ServerCounters,
): () => void {
  return replica.onSnapshot((event) => {
    if (event.type === 'refused') counters.snapshotsRefused += 1;
    else {
      counters.snapshots += 1;
      counters.snapshotBytes = event.bytes;
    }
  });
}

interface HttpObservation {
  readonly method: string;
  /** The pattern, never the path: the number of series must not grow with the keys. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export function countHttp(counters: ServerCounters, observation: HttpObservation): void {
  const { method, route, status, seconds } = observation;
  count(counters.httpRequests, `${method} ${route} ${status}`, 1);
  observe(histogramOf(counters.httpDurations, route), seconds);
}

/** The histogram of that name; an empty one if there was none. */
export function histogramOf(histograms: Map<string, Histogram>, name: string): Histogram {
  const known = histograms.get(name);
  if (known !== undefined) return known;
  const histogram = emptyHistogram();
  histograms.set(name, histogram);
  return histogram;
}

export function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
