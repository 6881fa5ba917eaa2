/**
 * Turns a rule into an action: the chart takes over the fields that the rule returned and hands out
 * its effects, in order. This is all the glue there is between charts and rules.
 */
import { type ActionArgs, type AnyActorRef, type EventObject, enqueueActions } from 'xstate';
import type { Effect, RoleNews, Step } from '../../src/core/effect.ts';
import { tellingsOf } from './tellings.ts';

type Rule<State, Out, Params> = (state: State, params: Params) => Step<State, Out>;

/**
 * An action as `provide` accepts it. XState's own type wants parameters to be an object, although it
 * gives actions without any the type `unknown`; this one leaves them free.
 */
interface Act<State extends object, Event extends EventObject, Out extends EventObject, Params> {
  (args: ActionArgs<State, Event, Event>, params: Params): void;
  readonly _out_TEmitted?: Out;
}

/** What else follows from what a rule has changed: what the chart tells itself, and what it hands out besides. */
export interface Consequences<Event, Out> {
  readonly raised: readonly Event[];
  readonly effects: readonly Out[];
}

/** `performer<State, Event, Effect>()(rule)` is an action of that chart. */
export function performer<
  State extends object,
  Event extends EventObject,
  Out extends Effect | RoleNews,
>(
  childrenOf: (state: State) => readonly string[] = () => [],
  consequencesOf?: (before: State, changes: Partial<State>) => Consequences<Event, Out> | null,
) {
  return <Params>(rule: Rule<State, Out, Params>): Act<State, Event, Out, Params> =>
    enqueueActions<State, Event, undefined, Event, never, never, never, never, Out>(
      ({ context, enqueue, system }, params: unknown) => {
        const { changes, effects, news = [] } = rule(context, params as Params);
        if (Object.keys(changes).length > 0) enqueue.assign(() => changes);
        const consequences = consequencesOf?.(context, changes) ?? null;
        const all = consequences === null ? effects : [...effects, ...consequences.effects];
        for (const effect of all) {
          enqueue.emit(effect);
          for (const { to, event } of tellingsOf(effect)) {
            const hearer: AnyActorRef | undefined = system.get(to);
            if (hearer !== undefined) enqueue.sendTo(hearer, event);
          }
        }
        for (const event of news) {
          for (const child of childrenOf(context)) enqueue.sendTo(child, event);
        }
        for (const event of consequences?.raised ?? []) enqueue.raise(event);
      },
    ) as unknown as Act<State, Event, Out, Params>;
}
