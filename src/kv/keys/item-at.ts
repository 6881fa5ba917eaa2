/**
 * Reading a list at a place that is known to lie inside it, as after a binary search. The type checker
 * cannot see that; this says it once, and checks it.
 */
import { assert } from '../../core/assert.ts';

export function itemAt<Item>(items: ArrayLike<Item>, place: number): Item {
  const item = items[place];
  assert(item !== undefined, 'KV1: a place found in a list lies inside it');
  return item;
}
