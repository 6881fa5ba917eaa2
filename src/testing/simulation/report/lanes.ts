/** A trace for people: time runs down, every node has a lane, and what concerns all stands across. */
import type { TraceLine } from './trace.ts';

const TIME_COLUMNS = 11;
const LANE_COLUMNS = 34;

/** The last `linesMax` lines, as text; messages between nodes stand in the lane of the sender. */
export function renderLanes(
  lines: readonly TraceLine[],
  members: readonly string[],
  linesMax: number,
): string {
  const head = ''.padEnd(TIME_COLUMNS) + members.map((id) => pad(id)).join('');
  const rows = lines.slice(-linesMax).map((line) => renderLine(line, members));
  return [head.trimEnd(), ...rows].join('\n');
}

function renderLine({ atMs, node, text }: TraceLine, members: readonly string[]): string {
  const time = `${atMs.toFixed(2).padStart(TIME_COLUMNS - 2)}  `;
  const lane = members.indexOf(node ?? '');
  if (lane === -1) return `${time}${node === null ? `── ${text}` : `${node} ${text}`}`;
  return `${time}${''.padEnd(lane * LANE_COLUMNS)}${text}`;
}

function pad(text: string): string {
  return text.padEnd(LANE_COLUMNS);
}
