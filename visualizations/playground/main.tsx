/** The playground: production nodes in a worker of this page, and no server at all. */
import { render } from 'preact';
import { listenToKeys } from '../page/session/keys.ts';
import { keepDrawing } from '../page/session/motion.ts';
import { LinkError } from './run/link-text.ts';
import { DEFAULT_CLUSTER, type RunDescription } from './run/run.ts';
import { runFrom, stepFrom } from './run/run-link.ts';
import { textOfPlay } from './session/plays.ts';
import { Projector } from './session/projector.ts';
import { PlaygroundPage } from './view/playground-page.tsx';

interface LinkedRun {
  readonly run: RunDescription;
  /** `null`: the link does not say. */
  readonly step: number | null;
}

/** What the link of the page leads to; of one that leads nowhere, why. */
function runInLink(): LinkedRun | LinkError {
  try {
    return { run: runFrom(location.hash), step: stepFrom(location.hash) };
  } catch (error) {
    if (error instanceof LinkError) return error;
    throw error;
  }
}

async function begin(root: Element, told: Element | null): Promise<void> {
  const tell = (why: string): void => {
    if (told !== null) told.textContent = why;
  };
  const linked = runInLink();
  const first = linked instanceof LinkError ? { run: DEFAULT_CLUSTER, step: null } : linked;
  const projector = new Projector(first.run, textOfPlay);
  projector.run.subscribe(() => tell(''));
  if (linked instanceof LinkError) tell(`${linked.message} Below is a new cluster instead.`);
  /** Somebody went back or forth, or wrote another link. */
  addEventListener('hashchange', () => {
    const next = runInLink();
    if (next instanceof LinkError) tell(`${next.message} Below is still the run before it.`);
    else void projector.open(next.run, next.step);
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
  await projector.open(first.run, first.step);
}

const root = document.querySelector('#page');
if (root !== null) {
  begin(root, document.querySelector('#told')).catch((error: unknown) => {
    root.textContent = `The playground could not begin: ${error}. It has to be served: npm run playground.`;
  });
}
