/** What can be done by hand to a cluster of one's own: to the chosen node, to its connections, to the members. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { nodeId } from '../../../src/core/types.ts';
import { leadersOf } from '../../page/fold/scene.ts';
import type { Session } from '../../page/session/session.ts';
import { WriteForm } from '../../page/view/write-form.tsx';
import { type Deed, NODES_MAX } from '../run/run.ts';
import type { Projector } from '../session/projector.ts';

const ALL = Array.from({ length: NODES_MAX }, (_, at) => nodeId(`n${at + 1}`));

export function DeedPanel({ projector }: { readonly projector: Projector }): JSX.Element {
  const session = projector.session.value;
  const { isLive } = session.frame.value;
  const node = nodeId(session.node.value ?? 'n1');
  const act = (deed: Deed): void => projector.perform(deed);
  return (
    <fieldset
      class="faults"
      disabled={!isLive}
      title={isLive ? '' : 'Go to the newest place first'}
    >
      <legend class="unseen">Done by hand</legend>
      <NodeDeeds node={node} act={act} />
      <LinkDeeds node={node} act={act} />
      <MemberDeeds node={node} act={act} members={votersOf(session)} />
      <WriteForm node={node} write={(key, value) => act({ type: 'put', node, key, value })} />
    </fieldset>
  );
}

type Id = (typeof ALL)[number];

interface DeedProps {
  readonly node: Id;
  readonly act: (deed: Deed) => void;
}

function votersOf(session: Session): readonly string[] {
  const [leader] = leadersOf(session.frame.value.scene);
  const { voters = [], learners = [] } = leader?.view?.members ?? {};
  return [...voters, ...learners];
}

function NodeDeeds({ node, act }: DeedProps): JSX.Element {
  const deeds: readonly (readonly [string, Deed, string])[] = [
    [
      'Kill',
      { type: 'crash', node, power: false },
      'Its process is gone; its disk keeps what it had',
    ],
    ['Power off', { type: 'crash', node, power: true }, 'What was not synced may be lost'],
    ['Freeze', { type: 'freeze', node }, 'It stands still, and later hears everything at once'],
    ['Stall disk', { type: 'diskStall', node }, 'Its writes do not end'],
    ['Fill disk', { type: 'diskFull', node }, 'Its writes fail, and it halts'],
    ['Restart', { type: 'restart', node }, 'Ends what was done to it'],
  ];
  return (
    <fieldset>
      <legend class="unseen">What is done to {node}</legend>
      <b>{node}</b>
      {deeds.map(([word, deed, what]) => (
        <button key={word} type="button" title={what} onClick={() => act(deed)}>
          {word}
        </button>
      ))}
      <button type="button" onClick={() => act({ type: 'transfer', node, to: null })}>
        Hand over
      </button>
    </fieldset>
  );
}

/** How bad a bad line is: shares of messages. */
const BAD_LINE = {
  ...{ lossRate: 0.3, duplicateRate: 0.1, reorderRate: 0.2, replayRate: 0, breakRate: 0 },
};

function LinkDeeds({ node, act }: DeedProps): JSX.Element {
  const [to, setTo] = useState<string>('');
  const others = ALL.filter((id) => id !== node);
  const meant = others.filter((id) => to === '' || id === to);
  const both = meant.flatMap((id) => [
    { from: node, to: id },
    { from: id, to: node },
  ]);
  return (
    <fieldset>
      <legend class="unseen">Connections of {node}</legend>
      <label>
        {node} with{' '}
        <select value={to} onChange={({ currentTarget }) => setTo(currentTarget.value)}>
          <option value="">all others</option>
          {others.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        onClick={() => act({ type: 'partition', shape: 'random', cuts: both, isHard: true })}
      >
        Cut
      </button>
      <button
        type="button"
        title="30 % are lost, some come twice or late"
        onClick={() => act({ type: 'disorder', directions: both, disorder: BAD_LINE })}
      >
        Make it bad
      </button>
      <button type="button" onClick={() => act({ type: 'mend' })}>
        Mend all connections
      </button>
    </fieldset>
  );
}

interface MemberProps extends DeedProps {
  readonly members: readonly string[];
}

function MemberDeeds({ node, act, members }: MemberProps): JSX.Element {
  const isMember = members.includes(node);
  const next = ALL.find((id) => !members.includes(id));
  const asked = ALL.find((id) => members.includes(id) && id !== node) ?? node;
  const change = { type: 'change', node: asked, add: [], promote: [], remove: [] } as const;
  return (
    <fieldset>
      <legend class="unseen">Members</legend>
      <span class="soft">members {members.join(', ')}</span>
      {next !== undefined && (
        <button
          type="button"
          disabled={members.length === 0}
          onClick={() => act({ ...change, add: [next], promote: [next] })}
        >
          Add {next}
        </button>
      )}
      <button
        type="button"
        disabled={!isMember || members.length < 2}
        onClick={() => act({ ...change, remove: [node] })}
      >
        Remove {node}
      </button>
    </fieldset>
  );
}
