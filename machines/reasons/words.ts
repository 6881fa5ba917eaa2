/** The words of which the reasons of guards are made, and what a table of them has to hold. */
import type { AnyStateMachine, ContextFrom } from 'xstate';
import type { Configuration } from '../../src/core/configuration.ts';
import type { EntryId, NodeId } from '../../src/core/types.ts';
import { halves, majority } from '../../src/rules/quorum.ts';

type GuardsOf<Chart extends AnyStateMachine> = NonNullable<
  Parameters<Chart['provide']>[0]['guards']
>;
type Params<Guard> = Guard extends (asked: never, params: infer Given) => boolean ? Given : never;

interface Asked<Context> {
  readonly context: Context;
  /** What the guard says. */
  readonly outcome: boolean;
}

/** Of each guard of the chart why it says what it says, from what it is asked itself. A guard without words does not compile. */
export type ReasonsFor<Chart extends AnyStateMachine> = {
  readonly [Guard in keyof GuardsOf<Chart>]-?: (
    asked: Asked<ContextFrom<Chart>>,
    params: Params<NonNullable<GuardsOf<Chart>[Guard]>>,
  ) => string;
};

export function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'nobody' : names.join(', ');
}

export function placeOf({ index, term }: EntryId): string {
  return `${index} of term ${term}`;
}

/** `2 of 3 granted: n1, n3`; of both halves where the configuration is joint. */
export function countOf(
  configuration: Configuration,
  supporters: readonly NodeId[],
  did: string,
): string {
  const counts = halves(configuration).map((voters) => {
    const having = voters.filter((id) => supporters.includes(id));
    const needed =
      having.length < majority(voters.length) ? `, ${majority(voters.length)} needed` : '';
    return `${having.length} of ${voters.length} ${did}: ${listOf(having)}${needed}`;
  });
  return counts.join('; of the former voters ');
}
