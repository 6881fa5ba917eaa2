/** The live page: learns from its server what there is to see, and follows it until it is closed. */
import { render } from 'preact';
import type { PageSetup } from '../../src/server/page/page-setup.ts';
import { listenToKeys } from './session/keys.ts';
import { keepDrawing } from './session/motion.ts';
import { liveClock } from './session/page-clock.ts';
import { remoteHand } from './session/remote-hand.ts';
import { Session } from './session/session.ts';
import { eventSource } from './stream/event-source.ts';
import { Page } from './view/page.tsx';

async function begin(root: Element): Promise<void> {
  const answer = await fetch('setup.json');
  if (!answer.ok) throw new Error(`setup.json answers ${answer.status}`);
  const setup: PageSetup = await answer.json();
  const session = new Session(liveClock());
  session.follow(eventSource(setup));
  listenToKeys(() => session);
  const hand = setup.mode === 'demo' ? remoteHand(location.hash) : null;
  root.replaceChildren();
  render(<Page session={session} hand={hand} />, root);
  keepDrawing(() => session.draw());
}

const root = document.querySelector('#page');
if (root !== null) {
  begin(root).catch((error: unknown) => {
    root.textContent = `The page could not begin: ${error}. Is its server still running? Then load it again.`;
  });
}
