/** The worker of the playground: the production nodes of one run, and the simulator around them. */
import { Theatre } from '../engine/theatre.ts';
import type { Order, Report } from './worker-messages.ts';

/** Kept from the run, which shuts the real world out. */
const tell = (report: Report): void => postMessage(report);

let theatre: Theatre | null = null;

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case 'open':
      theatre = await Theatre.open(order.run, order.text);
      return;
    case 'advance':
      if (theatre !== null) tell({ type: 'beat', beat: await theatre.advance(order.until) });
      return;
    case 'perform':
      theatre?.perform(order.deed);
  }
}

/** One order after the other. */
let obeyed = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  obeyed = obeyed
    .then(() => obey(data))
    .catch((error: unknown) => tell({ type: 'failed', why: String(error) }));
});
