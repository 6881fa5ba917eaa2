/** What clients call and hear, and what goes wrong, in a run of the simulator: as sentences instead of JSON. */
import type { Note } from './stepped-run.ts';

/** With what the story says instead. */
export function noteInWords(note: Note): Note {
  const client = /^c(\d+)$/.exec(note.node ?? '')?.[1];
  const words = withoutJson(note.text);
  if (client === undefined) return { ...note, words };
  return { ...note, node: null, words: `Client ${client} ${words}` };
}

function withoutJson(text: string): string {
  const start = text.search(/[[{]/);
  const value = start === -1 ? undefined : parsed(text.slice(start));
  const head = (value === undefined ? text : text.slice(0, start).trim()).replace(
    /^FAULT (\w+)/,
    (_, type: string) => `It goes wrong: ${spaced(type)}`,
  );
  const tail = value === undefined ? '' : inWords(value);
  return `${head}${tail === '' ? '' : `: ${tail}`}${/[.!?]$/.test(head + tail) ? '' : '.'}`;
}

/** `undefined`: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(' and ');
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([name, each]) =>
    name === 'type' ? spaced(inWords(each)) : `${spaced(name)} ${inWords(each)}`,
  );
  return parts.join(', ');
}

/** `diskFull` as `disk full`. */
function spaced(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}
