/** The plays of `test/scenarios`, as they lie beside the page. */

/** `name`: its path, without `.txt`; `title`: its first line. */
export interface PlayTitle {
  readonly name: string;
  readonly title: string;
}

export async function listPlays(): Promise<readonly PlayTitle[]> {
  const answer = await fetch('plays/index.json');
  if (!answer.ok) throw new Error('There is no list of plays.');
  return answer.json();
}

/** The lines that bring the cast on stage; a play may have them all before its story. */
const CAST = /^> (cluster|logs|terms|votes|leases|limits)\b/;

/** How many lines there are through the first in which somebody does something: before it nobody is on stage. */
export function openingOf(text: string): number {
  const script = text.split('\n').filter((line) => !line.startsWith('  '));
  return script.findIndex((line) => line.startsWith('> ') && !CAST.test(line)) + 1;
}

export async function textOfPlay(name: string): Promise<string> {
  const answer = await fetch(`plays/${name}.txt`);
  if (!answer.ok)
    throw new Error(`there is no play called ${name}. All are listed under “A play”.`);
  return answer.text();
}
