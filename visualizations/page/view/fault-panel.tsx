/** Faults by hand, in a demo only: kill, stop, continue, restart a node, and write a key through it. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Fault } from '../../../src/cli/demo/page/demo-orders.ts';
import type { RemoteHand } from '../session/remote-hand.ts';
import type { Session } from '../session/session.ts';
import type { Presence } from '../stream/page-record.ts';
import { WriteForm } from './write-form.tsx';

interface FaultProps {
  readonly session: Session;
  readonly hand: RemoteHand;
}

const FAULTS: readonly (readonly [Fault, string, readonly Presence[], string])[] = [
  ['kill', 'Kill', ['running', 'silent', 'stopped'], 'SIGKILL: it is gone at once'],
  ['stop', 'Stop', ['running', 'silent'], 'SIGSTOP: it stands still, its connections stay'],
  ['continue', 'Continue', ['stopped'], 'SIGCONT: it goes on where it stood'],
  ['restart', 'Restart', ['dead'], 'from its own disk'],
];

export function FaultPanel({ session, hand }: FaultProps): JSX.Element {
  const node = session.node.value;
  const presence = session.steady.value.scene.nodes.get(node ?? '')?.presence ?? 'dead';
  const [answer, setAnswer] = useState('');
  const act = async (fault: Fault): Promise<void> => {
    if (node !== null) setAnswer(await hand.fault(node, fault));
  };
  return (
    <div class="faults">
      <div role="group" aria-label={`Faults of ${node ?? 'no node'}`}>
        <b>{node}</b>
        {FAULTS.map(([fault, word, possible, what]) => (
          <button
            key={fault}
            type="button"
            class={`fault-${fault}`}
            disabled={node === null || !possible.includes(presence)}
            title={what}
            onClick={() => void act(fault)}
          >
            {word}
          </button>
        ))}
      </div>
      <WriteForm
        node={node}
        write={async (key, value) => {
          if (node !== null) setAnswer(await hand.write(node, key, value));
        }}
      />
      <p class="answer" role="status">
        {answer}
      </p>
    </div>
  );
}
