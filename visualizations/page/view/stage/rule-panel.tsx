/** The rule behind what is pointed at, or else behind the state that is lit: its words, its §. */
import type { JSX } from 'preact';
import type { TransitionRecord } from '../../../../src/ports/inspection.ts';
import type { ActorScene } from '../../fold/scene.ts';
import { type ChartRules, rulesOf } from '../../words/chart-rules.ts';
import { isArrow, pathIn } from '../../words/picture-ids.ts';
import { litStates } from './chart-lights.ts';
import type { Picture } from './picture.ts';
import { pointed } from './pointing.ts';

interface PanelProps {
  readonly picture: Picture | null;
  readonly actor: ActorScene | null;
  readonly step: TransitionRecord | null;
}

export function RulePanel({ picture, actor, step }: PanelProps): JSX.Element {
  if (actor === null || picture === null) return <div class="rules" />;
  const [lit = ''] = litStates(actor, step);
  const id = pointed.value ?? lit;
  const words = picture.wordsAt(id);
  const { rules } = picture;
  return (
    <div class="rules" data-thing={id} role="group" tabindex={0} aria-label="The rule behind it">
      <p>
        {pointed.value === null && <span class="hint">point at a state or an arrow</span>}
        <strong>{pathIn(id)}</strong> {isArrow(id) ? <code>{words}</code> : words}
      </p>
      <dl>
        {rulesOf(rules, id).map((name) => (
          <RuleLine key={name} name={name} rule={rules.rules[name]} />
        ))}
      </dl>
    </div>
  );
}

interface LineProps {
  readonly name: string;
  readonly rule: ChartRules['rules'][string] | undefined;
}

function RuleLine({ name, rule: [section, text] = ['', ''] }: LineProps): JSX.Element {
  return (
    <div>
      <dt>
        {name} <span>{section === 'own' ? 'our own' : section}</span>
      </dt>
      <dd>{withCode(text)}</dd>
    </div>
  );
}

/** What stands in backquotes on the page of the rules is code here as well. */
function withCode(text: string): readonly (string | JSX.Element)[] {
  return text.split('`').map((part, at) => (at % 2 === 0 ? part : <code key={at}>{part}</code>));
}
