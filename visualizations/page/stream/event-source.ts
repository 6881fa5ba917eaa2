/**
 * Records from streams of server-sent events: one stream of a whole demo, or one for each node. A browser reconnects by
 * itself, but not where it was refused; that nobody can be reached is told here, since nobody else can.
 */
import type { InspectionRecord } from '../../../src/ports/inspection.ts';
import type { PageSetup } from '../../../src/server/page/page-setup.ts';
import { CommonTime } from './common-time.ts';
import type { PageRecord } from './page-record.ts';
import { Reach } from './reach.ts';
import { Silence } from './silence.ts';
import type { Source } from './source.ts';

/** By what it is told that time has passed. */
interface EventClock {
  readonly time: () => number;
  /** Returns how to stop. */
  readonly every: (ms: number, call: () => void) => () => void;
}

/** How often it is looked who has fallen silent, in milliseconds. */
const LOOK_MS = 500;

export function eventSource(
  { nodes, streams }: Pick<PageSetup, 'nodes' | 'streams'>,
  { time = Date.now, every = everyMs }: Partial<EventClock> = {},
): Source {
  return {
    subscribe: (hear) => {
      const reach = new Reach(hear);
      const common = new CommonTime(time);
      const silence = new Silence(time);
      const stopLooking = every(LOOK_MS, () => {
        for (const { node, forMs } of silence.look()) reach.silent(node, forMs);
      });
      const stops = streams.map(({ url, node }) =>
        keepListening(url, {
          heard: (record) => {
            silence.heard(record);
            reach.heard(common.timed(url, record));
          },
          // A stream of several says itself who is there.
          opened: () => (node === null ? undefined : reach.reached(node)),
          lost: () => {
            for (const each of node === null ? nodes : [node]) reach.lost(each);
          },
        }),
      );
      return () => {
        stopLooking();
        for (const stop of stops) stop();
      };
    },
  };
}

function everyMs(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms);
  return () => clearInterval(timer);
}

/** How the events are called; those without a name are transitions. */
const NAMES: readonly (InspectionRecord['type'] | 'message' | 'presence')[] = [
  ...(['message', 'transition', 'sent', 'received'] as const),
  ...(['view', 'missed', 'presence'] as const),
];

/** How long one that refused is left alone, in milliseconds. */
const RETRY_MS = 1_000;

interface Ear {
  readonly heard: (record: PageRecord) => void;
  readonly opened: () => void;
  readonly lost: () => void;
}

function keepListening(url: string, ear: Ear): () => void {
  let stream = open();
  let retry = 0;
  function open(): EventSource {
    const opened = new EventSource(url);
    for (const name of NAMES)
      opened.addEventListener(name, ({ data }) => ear.heard(recordOf(data)));
    opened.addEventListener('open', ear.opened);
    opened.addEventListener('error', () => {
      ear.lost();
      if (opened.readyState !== EventSource.CLOSED) return;
      retry = window.setTimeout(() => {
        stream = open();
      }, RETRY_MS);
    });
    return opened;
  }
  return () => {
    clearTimeout(retry);
    stream.close();
  };
}

/** The stream is of the server that served this page: what it sends has the shape that both were built with. */
function recordOf(data: string): PageRecord {
  return JSON.parse(data) as PageRecord;
}
