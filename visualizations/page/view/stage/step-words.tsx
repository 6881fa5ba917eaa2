/** The step that is shown, in words: its event, what its guards said and why, and what is another now. */
import type { JSX } from 'preact';
import type { GuardAnswer, Scalar, TransitionRecord } from '../../../../src/ports/inspection.ts';
import type { ActorScene } from '../../fold/scene.ts';
import { innermost } from '../../words/picture-ids.ts';
import { stepStates } from '../../words/step-states.ts';

interface StepProps {
  readonly node: string | null;
  readonly actor: ActorScene | null;
  readonly step: TransitionRecord | null;
}

export function StepWords({ node, actor, step }: StepProps): JSX.Element {
  if (actor === null) {
    return (
      <p class="step">
        {node === null ? 'There is no node to be seen yet.' : `Nothing is known of ${node}.`}
      </p>
    );
  }
  return (
    <div class="step" data-arrow={step?.arrow}>
      {step === null ? (
        <p>
          It stands in <code>{innermost(actor.state).join(' + ')}</code> and has not been seen to
          change.
        </p>
      ) : (
        <Step step={step} />
      )}
      <p class="stays">{sinceThen(actor, step)}</p>
    </div>
  );
}

/** Of steps that follow each other too fast, those are shown first that came first. */
function sinceThen(actor: ActorScene, step: TransitionRecord | null): string {
  const { newest, stays, steps } = actor;
  const further = step === null ? 0 : steps.length - 1 - steps.indexOf(step);
  if (further > 0)
    return `It is ${further === 1 ? 'one step' : `${further} steps`} further by now.`;
  if (stays === 0 || newest === null) return '\u00a0';
  const often = stays === 1 ? 'once' : `${stays} times`;
  return `Since then it took ${newest.event} and the like ${often} and stayed.`;
}

function Step({ step }: { readonly step: TransitionRecord }): JSX.Element {
  const [from, to] = stepStates(step.from, step.to);
  const changes = Object.entries(step.changes);
  return (
    <>
      <p>
        <code>{from}</code> <span class="arrow-sign">→</span> <code>{to}</code> on{' '}
        <b>{step.event}</b>
      </p>
      <ul class="guards">
        {step.guards.map((answer) => (
          <Guard key={answer[0]} answer={answer} />
        ))}
        {changes.map(([name, [before, after]]) => (
          <li key={name}>
            <span class="soft">{name}</span> {shown(before)} → {shown(after)}
          </li>
        ))}
      </ul>
    </>
  );
}

function Guard({ answer: [name, outcome, why] }: { readonly answer: GuardAnswer }): JSX.Element {
  return (
    <li class={outcome ? 'yes' : 'no'}>
      <span class="guard-name">[{name}]</span> {outcome ? 'yes' : 'no'}: {why}
    </li>
  );
}

function shown(value: Scalar): string {
  return value === null || value === '' ? 'none' : String(value);
}
