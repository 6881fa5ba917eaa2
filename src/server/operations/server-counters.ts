/** What the server counts about itself; plain numbers that `/metrics` reads. Owned by one server. */
import { emptyHistogram, type Histogram, observe } from '../../core/histogram.ts';

export interface ServerCounters {
  /** By `method route status`, each a label value that cannot hold a blank. */
  readonly httpRequests: Map<string, number>;
  readonly httpDurations: Map<string, Histogram>;
  /** HTTP requests that are not answered yet. */
  httpInFlight: number;
  /** Server-sent event streams that are open. */
  httpWatches: number;
  /** Connections refused or dropped because too many were open. */
  connectionsRefused: number;
  /** Requests refused for their `Host` or `Origin`. */
  foreignRequests: number;
  clientConnections: number;
  clientConnectionsTotal: number;
  /** By operation: submit, get, range, watch, status. */
  readonly clientRequests: Map<string, number>;
  /** By operation: submit, read. */
  readonly clientDurations: Map<string, Histogram>;
  /** How late the event loop was. */
  readonly loopDelay: Histogram;
  clientWatches: number;
  /** What they hold, about. */
  clientWatchBytes: number;
  /** Frames that broke the protocol; each closed its connection. */
  clientBadFrames: number;
  /** Watches ended because their reader was too slow. */
  watchesTooSlow: number;
}

export function createServerCounters(): ServerCounters {
  return {
    httpRequests: new Map(),
    httpDurations: new Map(),
    httpInFlight: 0,
    httpWatches: 0,
    connectionsRefused: 0,
    foreignRequests: 0,
    clientConnections: 0,
    clientConnectionsTotal: 0,
    clientRequests: new Map(),
    clientDurations: new Map(),
    loopDelay: emptyHistogram(),
    clientWatches: 0,
    clientWatchBytes: 0,
    clientBadFrames: 0,
    watchesTooSlow: 0,
  };
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
