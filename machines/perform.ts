/**
 * Turns a rule into an action: the chart takes over the fields that the rule returned and hands out
 * its effects, in order. This is all the glue there is between charts and rules.
 */
import { type ActionArgs, type EventObject, enqueueActions } from 'xstate';
import type { ReplicationNews, Step } from '../src/core/effect.ts';

type Rule<State, Out, Params> = (state: State, params: Params) => Step<State, Out>;

/** What a chart needs of XState's queue: assign, emit, send to a child. */
interface Queue<State, Out> {
  assign(changes: Partial<State>): void;
  emit(effect: Out): void;
  sendTo(actor: string, event: ReplicationNews): void;
}

/**
 * An action as `provide` accepts it. XState's own type wants parameters to be an object, although it
 * gives actions without any the type `unknown`; this one leaves them free.
 */
interface Act<State extends object, Event extends EventObject, Out extends EventObject, Params> {
  (args: ActionArgs<State, Event, Event>, params: Params): void;
  readonly _out_TEmitted?: Out;
}

/** `performer<State, Event, Effect>()(rule)` is an action of that chart. */
export function performer<State extends object, Event extends EventObject, Out extends EventObject>(
  childrenOf: (state: State) => readonly string[] = () => [],
) {
  return <Params>(rule: Rule<State, Out, Params>): Act<State, Event, Out, Params> =>
    enqueueActions<State, Event, undefined, Event, never, never, never, never, Out>(
      ({ context, enqueue }, params: unknown) => {
        const step = rule(context, params as Params);
        carryOut(step, context, enqueue as unknown as Queue<State, Out>, childrenOf);
      },
    ) as unknown as Act<State, Event, Out, Params>;
}

function carryOut<State, Out>(
  { changes, effects, news = [] }: Step<State, Out>,
  context: State,
  queue: Queue<State, Out>,
  childrenOf: (state: State) => readonly string[],
): void {
  if (Object.keys(changes).length > 0) queue.assign(changes);
  for (const effect of effects) queue.emit(effect);
  for (const event of news) for (const child of childrenOf(context)) queue.sendTo(child, event);
}
