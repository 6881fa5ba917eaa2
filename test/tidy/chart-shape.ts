/** What a chart has to be like, whatever it decides: described, complete and small. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { openAlone } from './chart-loading.ts';
import { chartFiles, eventTypesOf } from './chart-source.ts';
import type { Offence, SourceFile, SourceTree } from './source-tree.ts';
import { ruleNames } from './specification.ts';

/** About nine states to a chart; a level with more than this many hides a second chart. */
const LEVEL_STATES_MAX = 12;

export function closedCharts(tree: SourceTree): readonly Offence[] {
  return chartFiles(tree).flatMap((file) =>
    openAlone(file.text).problems.map((sentence) => ({ path: file.path, line: 1, sentence })),
  );
}

export function undescribedStates(tree: SourceTree): readonly Offence[] {
  return inEachState(tree, (node) => {
    const description = node.description ?? '';
    if (description.trim() === '') return ['has no description.'];
    return description.includes('\n') ? ['has a description of more than one line.'] : [];
  });
}

/** States without a rule, and rules that nobody wrote down. Charts in `silent` name none yet. */
export function unfoundedStates(tree: SourceTree, silent: readonly string[]): readonly Offence[] {
  const known = ruleNames(tree);
  return inEachState(tree, (node, machine) => {
    if (silent.includes(machine.id)) return [];
    const arrows = [...node.transitions.values()].flat();
    const named = [node, ...arrows].flatMap(({ meta }) => rulesIn(meta));
    const none = rulesIn(node.meta).length === 0 ? ['names no rule.'] : [];
    const unknown = named.filter((rule) => !known.has(rule));
    return [...none, ...unknown.map((rule) => `names ${rule}, which is no rule.`)];
  });
}

/** Every state of them names rules: they have no place among the silent ones any more. */
export function foundedCharts(tree: SourceTree, silent: readonly string[]): readonly string[] {
  const faults = unfoundedStates(tree, []);
  return chartFiles(tree).flatMap((file) =>
    openAlone(file.text)
      .machines.map(({ id }) => id)
      .filter((id) => silent.includes(id) && faults.every(({ path }) => path !== file.path)),
  );
}

function rulesIn(meta: unknown): readonly string[] {
  if (typeof meta !== 'object' || meta === null || !('rules' in meta)) return [];
  return Array.isArray(meta.rules) ? meta.rules.map(String) : [];
}

export function crowdedLevels(tree: SourceTree): readonly Offence[] {
  return inEachState(tree, (node) => {
    const count = Object.keys(node.states).length;
    return count > LEVEL_STATES_MAX
      ? [`holds ${count} states; ${LEVEL_STATES_MAX} are the limit.`]
      : [];
  });
}

/** XState drops an event that nobody names, without a word: so every leaf names every event, or an ancestor. */
export function unheardEvents(tree: SourceTree): readonly Offence[] {
  return inEachState(tree, (node, machine, file) => {
    if (node.type !== 'atomic' || isPassedThrough(node)) return [];
    const events = eventTypesOf(tree, file) ?? eventsNamed(machine.root);
    return events
      .filter((event) => !isNamed(node, event))
      .map((event) => `neither handles nor visibly ignores ${event}.`);
  });
}

/** Charts that the catalogue does not list are neither drawn nor checked; its ids are what the pictures show. */
export function unlistedCharts(tree: SourceTree, listed: readonly string[]): readonly Offence[] {
  return chartFiles(tree).flatMap((file) =>
    openAlone(file.text)
      .machines.filter(({ id }) => !listed.includes(id))
      .map(({ id }) => ({
        path: file.path,
        line: 1,
        sentence: `"${id}" is not in the catalogue.`,
      })),
  );
}

function inEachState(
  tree: SourceTree,
  check: (node: AnyStateNode, machine: AnyStateMachine, file: SourceFile) => readonly string[],
): readonly Offence[] {
  return chartFiles(tree).flatMap((file) =>
    openAlone(file.text).machines.flatMap((machine) =>
      [...statesOf(machine.root)].flatMap((node) =>
        check(node, machine, file).map((sentence) => ({
          path: file.path,
          line: lineOf(file, node),
          sentence: `${node.id} ${sentence}`,
        })),
      ),
    ),
  );
}

/** Where a state's name first stands as a key: near enough to click on. */
function lineOf(file: SourceFile, { key }: AnyStateNode): number {
  const found = new RegExp(`[\\s{,]${key}: \\{`).exec(file.text);
  return found === null ? 1 : file.lineAt(found.index + 1);
}

function* statesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* statesOf(child);
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
  const names = [...statesOf(root)].flatMap((node) => [...node.transitions.keys()]);
  return [...new Set(names)].filter((name) => !name.startsWith('xstate.'));
}
