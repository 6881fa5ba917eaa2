/** The live chart of the chosen actor: its picture with what is active lit, and the arrow just taken. */
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { ActorScene } from '../../fold/scene.ts';
import { isStill } from '../../session/motion.ts';
import type { Session } from '../../session/session.ts';
import { ActorChoice } from './actor-choice.tsx';
import { lightsOf } from './chart-lights.ts';
import { CopySource } from './copy-source.tsx';
import { followLight } from './follow-light.ts';
import type { Picture } from './picture.ts';
import { PictureShelf } from './picture-shelf.ts';
import { pointing } from './pointing.ts';
import { RulePanel } from './rule-panel.tsx';
import { StepWords } from './step-words.tsx';

export function ChartStage({ session }: { readonly session: Session }): JSX.Element {
  const shelf = useMemo(() => new PictureShelf(), []);
  const { node, actor, step } = session.staged.value;
  const picture = actor === null ? null : shelf.picture(actor.chart).value;
  return (
    <section class="panel stage" aria-label="Live chart" data-node={node} data-actor={actor?.actor}>
      <ActorChoice session={session} actor={actor?.actor ?? 'raft'} />
      <StepWords node={node} actor={actor} step={step} />
      <PictureBox picture={picture} actor={actor} step={step} />
      <RulePanel picture={picture} actor={actor} step={step} />
      {actor !== null && <CopySource chart={actor.chart} />}
    </section>
  );
}

interface BoxProps {
  readonly picture: Picture | null;
  readonly actor: ActorScene | null;
  readonly step: ActorScene['newest'];
}

function PictureBox({ picture, actor, step }: BoxProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  // Before anything is painted: the picture never lags behind the words beside it.
  useLayoutEffect(() => {
    if (box.current === null) return;
    box.current.replaceChildren(...(picture === null ? [] : [picture.svg]));
    return picture === null ? undefined : pointing(box.current, picture);
  }, [picture]);
  useLayoutEffect(() => {
    if (box.current === null || picture === null || actor === null) return;
    const lights = lightsOf(actor, step);
    if (picture.light(lights)) followLight(box.current, picture, lights, isStill());
  });
  return (
    <div
      ref={box}
      class="picture scrolls"
      role="group"
      tabindex={0}
      aria-label="Picture of the chart. Arrow up and arrow down go through its states and arrows."
    />
  );
}
