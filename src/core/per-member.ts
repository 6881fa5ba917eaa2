/** Values by the name of a member. Read by `ofMember` only: any allowed name may be one that every object inherits. */
import type { NodeId } from './types.ts';

export type PerMember<Value> = Readonly<Record<string, Value>>;

/** `undefined` unless there is a value of this very member: `constructor` is a name like any other (EM16). */
export function ofMember<Value>(values: PerMember<Value>, member: NodeId): Value | undefined {
  return Object.hasOwn(values, member) ? values[member] : undefined;
}
