/** The head of the page: what it shows, in one line, and the choice of light or dark. */
import type { JSX } from 'preact';
import { leadersOf, type NodeScene, type Scene } from '../fold/scene.ts';
import { chooseScheme, type SchemeChoice, schemeChoice } from '../session/scheme.ts';
import type { Session } from '../session/session.ts';
import { listed } from '../words/listed.ts';
import { silentFor } from '../words/silence.ts';

export function PageHead({ session }: { readonly session: Session }): JSX.Element {
  return (
    <header>
      <h1>raftchart</h1>
      <p class="summary">{summary(session.steady.value)}</p>
      <SchemeSwitch />
    </header>
  );
}

function summary({ scene, now }: { readonly scene: Scene; readonly now: number }): string {
  const nodes = [...scene.nodes.values()];
  if (nodes.length === 0) return 'There is nothing to be seen yet.';
  const leaders = leadersOf(scene).map(({ id, view }) => `${id} leads in term ${view?.term}`);
  const gone = nodes
    .filter(({ presence }) => presence !== 'running')
    .map((node) => `${node.id} ${goneHow(node, now)}`);
  const count = nodes.length === 1 ? 'One node' : `${nodes.length} nodes`;
  const who = leaders.length === 0 ? 'nobody leads' : listed(leaders);
  return `${[count, who, ...gone].join('; ')}.`;
}

function goneHow(node: NodeScene, now: number): string {
  return node.presence === 'silent' ? `has not been heard of ${silentFor(node, now)}` : node.how;
}

const CHOICES: readonly SchemeChoice[] = ['system', 'light', 'dark'];

function SchemeSwitch(): JSX.Element {
  return (
    <fieldset class="scheme">
      <legend class="unseen">Colours</legend>
      {CHOICES.map((choice) => (
        <label key={choice}>
          <input
            type="radio"
            name="scheme"
            class="unseen"
            checked={schemeChoice.value === choice}
            onChange={() => chooseScheme(choice)}
          />
          <span>{choice}</span>
        </label>
      ))}
    </fieldset>
  );
}
