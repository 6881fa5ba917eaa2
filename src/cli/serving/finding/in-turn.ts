/** The same list one place further each time, since the first may be this very node, or one that is of no use. */
export function inTurn<Item>(): (items: readonly Item[]) => readonly Item[] {
  let turns = 0;
  return (items) => {
    const first = items.length === 0 ? 0 : turns % items.length;
    turns += 1;
    return [...items.slice(first), ...items.slice(0, first)];
  };
}
