/**
 * No room needs itself through what it sees of others (SC35). A room is a folder of a part, or a file beside them. Within a room files
 * may see each other as they like, but for cycles, which the linter finds.
 */
import { importsOf } from './imports.ts';
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly file: SourceFile;
  readonly offset: number;
}

/** The arrows that lie on a circle. */
export function circlesOfRooms(tree: SourceTree): readonly Offence[] {
  const arrows = [...filesIn(tree, 'src')].flatMap(arrowsOf);
  const seenBy = new Map<string, string[]>();
  for (const { from, to } of arrows) seenBy.set(from, [...(seenBy.get(from) ?? []), to]);
  return arrows
    .filter(({ from, to }) => reached(to, (room) => seenBy.get(room) ?? []).has(from))
    .map(({ from, to, file, offset }) =>
      offence(file, offset, `${from} may not need ${to}, which needs it as well.`),
    );
}

function arrowsOf(file: SourceFile): readonly Arrow[] {
  return importsOf(file).flatMap(({ target, offset }) => {
    const [from, to] = [roomOf(file.path), roomOf(target ?? '')];
    if (from === null || to === null || from === to || partOf(from) !== partOf(to)) return [];
    return [{ from, to, file, offset }];
  });
}

function reached(first: string, seenBy: (room: string) => readonly string[]): ReadonlySet<string> {
  const rooms = new Set([first]);
  for (const room of rooms) for (const to of seenBy(room)) rooms.add(to);
  return rooms;
}

/** `null` for a door of the package. */
function roomOf(path: string): string | null {
  const [top, part, room] = path.split('/');
  return room === undefined ? null : `${top}/${part}/${room}`;
}

function partOf(room: string): string {
  return room.slice(0, room.lastIndexOf('/'));
}
