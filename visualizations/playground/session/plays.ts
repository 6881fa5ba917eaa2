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

export async function textOfPlay(name: string): Promise<string> {
  const answer = await fetch(`plays/${name}.txt`);
  if (!answer.ok)
    throw new Error(`there is no play called ${name}. All are listed under “A play”.`);
  return answer.text();
}
