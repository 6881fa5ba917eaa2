/** What every worker of the playground does: one run, led by the orders of the page. */

import { type Start, Theatre } from '../engine/theatre.ts';
import type { RunDescription } from '../run/run.ts';
import type { Order, Report } from './worker-messages.ts';

/** `text`: what stands in the play, if it is one. */
type StarterOf = (run: RunDescription, text: string) => Start | Promise<Start>;

export function serveOrders(starterOf: StarterOf): void {
  /** Kept from the run, which shuts the real world out. */
  const tell = (report: Report): void => postMessage(report);
  let theatre: Theatre | null = null;

  const obey = async (order: Order): Promise<void> => {
    switch (order.type) {
      case 'open':
        theatre = new Theatre(await starterOf(order.run, order.text));
        return;
      case 'advance':
        if (theatre !== null) tell({ type: 'beat', beat: await theatre.advance(order.until) });
        return;
      case 'perform':
        theatre?.perform(order.deed);
    }
  };

  /** One order after the other. */
  let obeyed = Promise.resolve();
  addEventListener('message', ({ data }: MessageEvent<Order>) => {
    obeyed = obeyed
      .then(() => obey(data))
      .catch((error: unknown) => tell({ type: 'failed', why: String(error) }));
  });
}
