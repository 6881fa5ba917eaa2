/** Two services that do the same work: as many processes each, with synced disks, asked by the same number of callers. */

/** What is asked for, by how many callers at once, and where. */
export interface Load {
  /** `mix`: a tenth of the callers put, the others get. */
  readonly ask: 'put' | 'get' | 'mix';
  readonly callers: number;
  readonly at: 'leader' | 'follower';
  /** `socket`: the protocol of its own clients; `http`: what anybody with an HTTP client uses. */
  readonly door: 'socket' | 'http';
  /** Of each value that is put; `VALUE_BYTES` unless it says otherwise. */
  readonly valueBytes?: number;
}

/** What callers got. Latencies of everything that was asked, in milliseconds. */
export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** `null`: who asked does not say. */
  readonly p999Ms: number | null;
}

/** Somebody who writes through a member that did not lead when they came, one write after the other. */
export interface Writer {
  /** Resolves when it is acknowledged; rejects if it may not have been done. */
  put(key: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface Rival extends AsyncDisposable {
  readonly name: string;
  /** Rejects if anything that was asked failed. */
  load(load: Load, seconds: number): Promise<Sample>;
  /** So that there are `keys` keys with values of 256 bytes; those below an earlier number are there. */
  fill(keys: number): Promise<void>;
  /** Processes of its members. */
  pids(): readonly number[];
  /** How many entries of the log its leader has applied: one for each write. */
  applied(): Promise<number>;
  writer(): Promise<Writer>;
  /** Ends the process of the leader, or of another member, and resolves with its name once it is gone. */
  end(who: 'leader' | 'follower', signal: 'SIGKILL' | 'SIGTERM'): Promise<string>;
  /** Starts that member again; resolves with the milliseconds until it answered a linearizable read itself. */
  runAgain(member: string): Promise<number>;
  /** Waits until that member has applied what the leader had applied when this was called. */
  caughtUp(member: string): Promise<void>;
}

export const VALUE_BYTES = 256;
/** Keys that loads put and get; they are filled before. */
export const LOAD_KEYS = 10_000;

export function keyOf(index: number): string {
  return `bench/${String(index).padStart(7, '0')}`;
}
