/**
 * What test files that share a process leave as it was, and do not measure (SC36): the process, what is global, and
 * what modules have in common. What registers hooks or tests as it is read does so for the first file alone.
 */
import type { Node } from 'oxc-parser';
import { LONE_FILES, SHARED_ROOMS } from '../shared-processes.ts';
import { closureOf, importsOf } from './imports.ts';
import { type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { calleeName, type Visit, wordOf } from './syntax.ts';

const GLOBAL = [
  ...['globalThis', 'process', 'console', 'performance', 'crypto', 'Math', 'JSON', 'Reflect'],
  ...['Object', 'Array', 'Date', 'Map', 'Set', 'Promise', 'Error', 'Buffer', 'Uint8Array'],
];
/** Of `process` and of vitest: what changes them for all, or counts what all have done. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  process: [
    ...['chdir', 'umask', 'on', 'once', 'emit', 'exit', 'setMaxListeners'],
    ...['cpuUsage', 'memoryUsage', 'resourceUsage', 'getActiveResourcesInfo'],
  ],
  vi: ['mock', 'doMock', 'stubGlobal', 'stubEnv', 'useFakeTimers', 'resetModules', 'setConfig'],
};
const BARE_CALLS = ['setFlagsFromString', 'syncBuiltinESMExports', 'shutOutRealWorld'];
const REGISTERING = ['it', 'test', 'describe', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'];
/** Of these the first argument is what is changed. */
const CHANGING: Readonly<Record<string, readonly string[]>> = {
  Object: ['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf'],
  Reflect: ['set', 'defineProperty', 'deleteProperty', 'setPrototypeOf'],
};

export function unfitForSharing(tree: SourceTree): readonly Offence[] {
  const isTest = (path: string): boolean => path.startsWith('test/');
  const sharing = [...tree.files.keys()].filter(sharesProcess);
  const reached = closureOf(tree, sharing, (file) =>
    importsOf(file).flatMap(({ target, isType }) =>
      target === null || isType || !isTest(target) ? [] : [target],
    ),
  );
  return [...reached].flatMap((path) => {
    const file = tree.files.get(path);
    return file === undefined ? [] : [...touched(file), ...registered(file)];
  });
}

/** Files that are named as lone, and are not there. */
export function missingLoneFiles(tree: SourceTree): readonly string[] {
  return LONE_FILES.filter((path) => !tree.files.has(path));
}

function sharesProcess(path: string): boolean {
  if (!/^test\/.*\.test\.ts$/.test(path) || LONE_FILES.includes(path)) return false;
  const [, room = '', file] = path.split('/');
  return file === undefined || SHARED_ROOMS.includes(room);
}

function touched(file: SourceFile): readonly Offence[] {
  const common = new Set([...GLOBAL, ...takenFromSources(file)]);
  return file.nodes().flatMap(({ node }) => {
    const isCommon = common.has(rootOf(changedBy(node)) ?? '');
    if (!isCommon && !touchesAll(node)) return [];
    return [offence(file, node.start, 'touches what all files of its process have in common.')];
  });
}

/** What a stage of these tests keeps it makes anew for whoever begins there. */
function takenFromSources(file: SourceFile): readonly string[] {
  const own = /^\.(?:\.?\/)+(?!.*(?:src|machines|visualizations)\/)/;
  return file.module.staticImports
    .filter(({ moduleRequest }) => !own.test(moduleRequest.value))
    .flatMap(({ entries }) => entries.map(({ localName }) => localName.value));
}

/** `Store` of `Store.prototype.write`; `null` for what a call has just made. */
function rootOf(node: Node | null): string | null {
  if (node?.type === 'MemberExpression') return rootOf(node.object);
  return node?.type === 'Identifier' ? node.name : null;
}

/** What a field is set or taken away of; `null`: it does neither. */
function changedBy(node: Node): Node | null {
  if (node.type === 'AssignmentExpression') return holderOf(node.left);
  if (node.type === 'UpdateExpression') return holderOf(node.argument);
  if (node.type === 'UnaryExpression' && node.operator === 'delete') return holderOf(node.argument);
  if (node.type !== 'CallExpression') return null;
  return isCallOf(node, CHANGING) ? (node.arguments[0] ?? null) : null;
}

function holderOf(target: Node): Node | null {
  return target.type === 'MemberExpression' ? target.object : null;
}

function touchesAll(node: Node): boolean {
  if (node.type !== 'CallExpression') return false;
  const { callee } = node;
  if (callee.type === 'Identifier') return BARE_CALLS.includes(callee.name);
  return isCallOf(node, CALLS);
}

function isCallOf(
  { callee }: { readonly callee: Node },
  calls: Readonly<Record<string, readonly string[]>>,
): boolean {
  if (callee.type !== 'MemberExpression') return false;
  return calls[wordOf(callee.object) ?? '']?.includes(wordOf(callee.property) ?? '') === true;
}

function registered(file: SourceFile): readonly Offence[] {
  if (file.path.endsWith('.test.ts')) return [];
  return file
    .nodes()
    .filter(isRegistering)
    .map(({ node }) => offence(file, node.start, 'registers a hook or a test as it is read.'));
}

/** A statement of the file itself, of no function of it. */
function isRegistering({ node, around }: Visit): boolean {
  if (node.type !== 'ExpressionStatement' || around.length !== 1) return false;
  const { expression } = node;
  return (
    expression.type === 'CallExpression' &&
    REGISTERING.includes(calleeName(expression.callee) ?? '')
  );
}
