/** The playground: production nodes in a worker of this page, and no server at all. */
import { render } from 'preact';
import { listenToKeys } from '../page/session/keys.ts';
import { keepDrawing } from '../page/session/motion.ts';
import { DEFAULT_CLUSTER, type RunDescription } from './engine/run.ts';
import { LinkError, runFrom, stepFrom } from './engine/run-link.ts';
import { textOfPlay } from './session/plays.ts';
import { Projector } from './session/projector.ts';
import { PlaygroundPage } from './view/playground-page.tsx';

function runInLink(tell: (why: string) => void): { run: RunDescription; step: number } {
  try {
    return { run: runFrom(location.hash), step: stepFrom(location.hash) };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    tell(`This link is no run: ${error.message} Here is a new cluster instead.`);
    return { run: DEFAULT_CLUSTER, step: 0 };
  }
}

async function begin(root: Element, told: Element | null): Promise<void> {
  const tell = (why: string): void => {
    if (told !== null) told.textContent = why;
  };
  const { run, step } = runInLink(tell);
  const projector = new Projector(run, textOfPlay);
  addEventListener('hashchange', () => {
    const next = runInLink(tell);
    void projector.open(next.run, next.step);
  });
  listenToKeys(() => projector.session.value, {
    '.': () => void projector.step(),
    ',': () => void projector.stepBack(),
    p: () => projector.playOrPause(),
  });
  root.replaceChildren();
  render(<PlaygroundPage projector={projector} />, root);
  let last = performance.now();
  keepDrawing(() => {
    const now = performance.now();
    projector.tick(now - last);
    last = now;
    projector.session.value.draw();
  });
  await projector.open(run, step);
}

const root = document.querySelector('#page');
if (root !== null) {
  begin(root, document.querySelector('#told')).catch((error: unknown) => {
    root.textContent = `The playground could not begin: ${error}. It has to be served: npm run playground.`;
  });
}
