/** What a chart has to be like, whatever it decides: described, complete, small, and shown. */
import { posix } from 'node:path';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { openedCharts } from './chart-loading.ts';
import { eventTypesOf } from './chart-source.ts';
import {
  type Check,
  type Offence,
  onPage,
  type SourceFile,
  type SourceTree,
} from './source-tree.ts';
import { ruleNames } from './specification.ts';

export const closedCharts: Check = (tree) =>
  openedCharts(tree).flatMap(({ file, problems }) =>
    problems.map((sentence) => onPage(file.path, 1, sentence)),
  );

export const undescribedStates: Check = inEachState(({ description = '' }) => {
  if (description.trim() === '') return ['has no description.'];
  return description.includes('\n') ? ['has a description of more than one line.'] : [];
});

/** States without a rule, and rules that nobody wrote down. */
export const unfoundedStates: Check = inEachState((node, { tree }) => {
  const known = ruleNames(tree);
  const arrows = [...node.transitions.values()].flat();
  const named = [node, ...arrows].flatMap(({ meta }) => rulesIn(meta));
  const none = rulesIn(node.meta).length === 0 ? ['names no rule.'] : [];
  const unknown = named.filter((rule) => !known.has(rule));
  return [...none, ...unknown.map((rule) => `names ${rule}, which is no rule.`)];
});

function rulesIn(meta: unknown): readonly string[] {
  if (typeof meta !== 'object' || meta === null || !('rules' in meta)) return [];
  return Array.isArray(meta.rules) ? meta.rules.map(String) : [];
}

/** About nine states to a chart; a level with more than this many hides a second chart. */
const LEVEL_STATES_MAX = 12;

export const crowdedLevels: Check = inEachState(({ states }) => {
  const count = Object.keys(states).length;
  if (count <= LEVEL_STATES_MAX) return [];
  return [`holds ${count} states; ${LEVEL_STATES_MAX} are the limit.`];
});

/** XState drops an event that nobody names, without a word: so every leaf names every event, or an ancestor. */
export const unheardEvents: Check = inEachState((node, { machine, file, tree }) => {
  if (node.type !== 'atomic' || isPassedThrough(node)) return [];
  const events = eventTypesOf(tree, file) ?? eventsNamed(machine.root);
  return events
    .filter((event) => !isNamed(node, event))
    .map((event) => `neither handles nor visibly ignores ${event}.`);
});

const GALLERY = 'machines/README.md';

/**
 * Charts that the catalogue does not list are neither drawn nor checked; in the gallery every chart has its picture,
 * light and dark, and its source to paste.
 */
export function hiddenCharts(listed: readonly string[]): Check {
  return (tree) => {
    const page = tree.text(GALLERY) ?? '';
    return openedCharts(tree).flatMap(({ file: { path }, machines }) => {
      const stem = posix.basename(path, '.machine.ts');
      const unlisted = machines.filter(({ id }) => !listed.includes(id));
      const unlinked = [
        `src="../visualizations/${stem}.svg"`,
        `srcset="../visualizations/${stem}.dark.svg"`,
        `](${stem}.machine.ts)`,
      ].filter((link) => !page.includes(link));
      return [
        ...unlisted.map(({ id }) => onPage(path, 1, `"${id}" is not in the catalogue.`)),
        ...unlinked.map((link) => onPage(GALLERY, 1, `has no ${link} for ${path}.`)),
      ];
    });
  };
}

interface ChartInTree {
  readonly machine: AnyStateMachine;
  readonly file: SourceFile;
  readonly tree: SourceTree;
}

function inEachState(judge: (node: AnyStateNode, around: ChartInTree) => readonly string[]): Check {
  return (tree) =>
    openedCharts(tree).flatMap(({ file, machines }) =>
      machines.flatMap((machine) =>
        statesOf(machine.root).flatMap((node): readonly Offence[] =>
          judge(node, { machine, file, tree }).map((sentence) =>
            onPage(file.path, lineOf(file, node), `${node.id} ${sentence}`),
          ),
        ),
      ),
    );
}

/** Where a state's name first stands as a key: near enough to click on. */
function lineOf(file: SourceFile, { key }: AnyStateNode): number {
  const found = new RegExp(`[\\s{,]${key}: \\{`).exec(file.text);
  return found === null ? 1 : file.lineAt(found.index + 1);
}

function statesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(statesOf)];
}

/** Left again before any event could come. */
function isPassedThrough(node: AnyStateNode): boolean {
  return (node.always ?? []).some(({ guard }) => guard === undefined);
}

function isNamed(node: AnyStateNode, event: string): boolean {
  const names = [...node.transitions.keys()];
  if (names.some((name) => name === event || isPrefix(name, event))) return true;
  return node.parent !== undefined && isNamed(node.parent, event);
}

function isPrefix(name: string, event: string): boolean {
  return name.endsWith('.*') && event.startsWith(name.slice(0, -1));
}

function eventsNamed(root: AnyStateNode): readonly string[] {
  const names = statesOf(root).flatMap((node) => [...node.transitions.keys()]);
  return [...new Set(names)].filter((name) => !name.startsWith('xstate.'));
}
