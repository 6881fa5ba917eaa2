/** Whose chart is shown: a node, or whoever changed role last; and which of its actors. */
import type { JSX } from 'preact';
import type { Session } from '../../session/session.ts';

interface ChoiceProps {
  readonly session: Session;
  readonly actor: string;
}

export function ActorChoice({ session, actor }: ChoiceProps): JSX.Element {
  const { scene } = session.steady.value;
  const node = session.node.value ?? '';
  const picked = session.picked.value;
  const actors = [...(scene.nodes.get(node)?.actors.keys() ?? [])];
  return (
    <div class="choice">
      <h2>
        {node} <span>{actor}</span>
      </h2>
      <label>
        node{' '}
        <select
          value={picked ?? ''}
          onChange={({ currentTarget }) => session.pick(currentTarget.value || null, actor)}
        >
          <option value="">who changed role last</option>
          {[...scene.nodes.keys()].map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <label>
        chart{' '}
        <select
          value={actor}
          onChange={({ currentTarget }) => session.pick(picked, currentTarget.value)}
        >
          {(actors.length === 0 ? ['raft'] : actors).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
