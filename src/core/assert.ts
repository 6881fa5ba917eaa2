/**
 * Assertions stay on in production: a node that has found one of its own rules broken must stop
 * before it says anything more. Only the driver catches an `InvariantViolation`; it halts the node.
 */

/** A rule of this program was broken. The message begins with the rule's id in `docs/SPEC.md`. */
export class InvariantViolation extends Error {
  readonly code = 'RAFT_INVARIANT_VIOLATED';
  override readonly name = 'InvariantViolation';
}

/** States a fact, worded as the rule that it guards: `assert(next > match, 'LR4: matchIndex < nextIndex')`. */
export function assert(fact: boolean, rule: string): asserts fact {
  if (!fact) throw new InvariantViolation(rule);
}

/** The `default` of a `switch` over a union: reached only if a member was forgotten. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`a case was forgotten: ${JSON.stringify(value)}`);
}
