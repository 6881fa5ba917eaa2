/** Where records come from: streams of nodes, a demo, or a simulator in a worker. The page knows only this. */
import type { PageRecord } from './page-record.ts';

export interface Source {
  /** Calls with each record from now on. Returns how to stop. */
  subscribe(hear: (record: PageRecord) => void): () => void;
}
