/** What the demo shows: plain lines, with colours only on a terminal. Text in, text out. */
import { unreachable } from '../../core/assert.ts';
import type { NodeNews } from './demo-node.ts';
import { type PlannedNode, shellLine } from './demo-plan.ts';

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Style = keyof typeof SGR;

interface DemoScreen {
  opening(
    plan: readonly PlannedNode[],
    pids: readonly (number | undefined)[],
    place: string,
  ): string;
  /** `link`: to the live page. */
  ready(plan: readonly PlannedNode[], leader: Leader, link: string): string;
  news(node: PlannedNode, news: NodeNews, at: Date): string;
  /** After a process has ended on its own. */
  ended(node: PlannedNode, how: string, again: readonly string[]): string;
  /** `restarted`: run on, started by somebody else. */
  closing(place: string, restarted: readonly string[]): string;
}

interface Leader {
  readonly id: string;
  readonly pid: number | undefined;
  readonly term: number;
}

export function demoScreen(hasColours: boolean): DemoScreen {
  const paint = (style: Style, text: string): string =>
    hasColours ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text;
  return {
    opening: (plan, pids, place) => {
      const lines = plan.map(
        ({ id, url }, at) =>
          `  ${paint('bold', id)}  ${paint('cyan', url)}  pid ${pids[at] ?? '-'}`,
      );
      const count = plan.length === 1 ? 'one node' : `${plan.length} nodes`;
      return `\nA raftchart cluster of ${count}, ${place}\n\n${lines.join('\n')}\n\n`;
    },
    ready: (plan, leader, link) =>
      `\n${paint('green', 'ready')}: ${readyText(plan, leader, paint('cyan', link))}\n\n`,
    news: (node, news, at) => newsLine(node, news, { at, paint }),
    ended: ({ id }, how, again) =>
      `${paint('red', `${id} ${how}.`)} Nothing is restarted by itself. Start it again on the page, or in another terminal (then it is ended there):\n  ${shellLine(again)}\n`,
    closing: (place, restarted) => {
      const others = restarted.map((id) => `${id} was started again elsewhere: end it there.\n`);
      return `\nStopped, ${place}\n${others.join('')}`;
    },
  };
}

function readyText(plan: readonly PlannedNode[], { id, pid, term }: Leader, link: string): string {
  const first = plan[0]?.url ?? '';
  const last = plan.at(-1)?.url ?? '';
  const kill =
    plan.length >= 3 ? [`  kill -9 ${pid}    (the leader: watch another take over)`] : [];
  return [
    `${id} leads in term ${term}. Watch the charts run, and break them, in a browser:`,
    '',
    `  ${link}`,
    '',
    'Or try this in another terminal:',
    '',
    `  curl -X PUT ${first}/kv/hello -d world`,
    `  curl ${last}/kv/hello`,
    `  curl -N '${first}/watch?prefix='`,
    ...kill,
    '',
    'Changes of role show up below. Ctrl-C stops everything.',
  ].join('\n');
}

interface LineOptions {
  readonly at: Date;
  readonly paint: (style: Style, text: string) => string;
}

const ROLE_STYLES: ReadonlyMap<string, Style> = new Map([
  ['leader', 'green'],
  ['candidate', 'yellow'],
  ['preCandidate', 'yellow'],
  ['halted', 'red'],
]);
const ROLE_COLUMN = 12;

/** Empty for what is of no interest to a person. */
function newsLine(node: PlannedNode, news: NodeNews, { at, paint }: LineOptions): string {
  const time = paint('dim', at.toISOString().slice(11, 23));
  const start = `${time}  ${paint('bold', node.id)}  `;
  switch (news.type) {
    case 'role': {
      const { role, term, leader, cause } = news;
      const style = ROLE_STYLES.get(role) ?? 'dim';
      const follows = leader === null || leader === node.id ? '' : `, follows ${leader}`;
      return `${start}${paint(style, role.padEnd(ROLE_COLUMN))}  term ${term}${follows}  ${paint('dim', `(${cause})`)}\n`;
    }
    case 'halted':
      return `${start}${paint('red', `halted: ${news.message}`)}\n`;
    case 'said':
      return news.text === '' ? '' : `${start}${news.text}\n`;
    case 'ended':
      return '';
    default:
      return unreachable(news);
  }
}
