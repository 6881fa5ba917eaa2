/** The words in which what comes from disk is proven, value by value: it is `unknown` until it has passed one of these (TR4). */
import {
  type Index,
  index,
  isCounter,
  isNodeId,
  type NodeId,
  type Term,
  term,
} from '../../core/types.ts';

/** What it has proven, or `undefined` for what it cannot vouch for. */
export type Proof<Value> = (value: unknown) => Value | undefined;

export const aText: Proof<string> = (value) => (typeof value === 'string' ? value : undefined);
export const aCounter: Proof<number> = (value) => (isCounter(value) ? value : undefined);
export const aBoolean: Proof<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
export const aTerm: Proof<Term> = (value) => (isCounter(value) ? term(value) : undefined);
export const anIndex: Proof<Index> = (value) => (isCounter(value) ? index(value) : undefined);
export const aNodeId: Proof<NodeId> = (value) => (isNodeId(value) ? value : undefined);

export function orNull<Value>(proof: Proof<Value>): Proof<Value | null> {
  return (value) => (value === null ? null : proof(value));
}

/** For a field that earlier versions did not write. */
export function orAbsent<Value>(proof: Proof<Value>, absent: Value): Proof<Value> {
  return (value) => (value === undefined ? absent : proof(value));
}

export function listOf<Value>(proof: Proof<Value>): Proof<readonly Value[]> {
  return (value) => {
    const isList = Array.isArray(value) && value.every((each) => proof(each) !== undefined);
    return isList ? value : undefined;
  };
}

/** Field by field; what else an object holds is left out. */
export function objectOf<Value extends object>(
  fields: {
    readonly [Name in keyof Value]: Proof<Value[Name]>;
  },
): Proof<Value> {
  const proofs = Object.entries<Proof<unknown>>(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const proven: Record<string, unknown> = {};
    for (const [name, proof] of proofs) {
      proven[name] = proof(Reflect.get(value, name));
      if (proven[name] === undefined) return undefined;
    }
    return proven as Value;
  };
}
