/**
 * The arrows of the architecture: which part may import which. A part that is not named here may
 * not import anything, so that a new one has to be placed first. Cycles are for the linter.
 */
import { closureOf, importsOf, packageOf } from './imports.ts';
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';

const CORE = 'src/core';
const PORTS = 'src/ports';
const INSIDE = [CORE, PORTS, 'src/rules', 'machines'];
const ADAPTERS = ['src/storage', 'src/transport', 'src/kv'];
/** What a client and a server have in common. */
const TO_CLIENTS = ['src/wire', 'src/client-protocol', 'src/kv'];
const OUTSIDE = [
  ...INSIDE,
  ...ADAPTERS,
  ...TO_CLIENTS,
  'src/sessions',
  'src/node',
  'src/client',
  'src/library',
];

const LIVE = 'visualizations/page';
const STREAM = `${LIVE}/stream`;
const FOLD = `${LIVE}/fold`;
const SESSION = `${LIVE}/session`;
const VIEW = `${LIVE}/view`;
/** The rooms of the live page, in their order: each sees those before it. */
const PAGE = [STREAM, FOLD, `${LIVE}/words`, SESSION, VIEW];
/** What runs beside a page, in a server, needs Node. */
const SERVING = ['src/server', 'src/cli'];

const PLAYGROUND = 'visualizations/playground';
const RUN = `${PLAYGROUND}/run`;
/** These hold the nodes and the simulator; the other rooms are a page. */
const ENGINE = `${PLAYGROUND}/engine`;
const WORKER = `${PLAYGROUND}/worker`;
const PLAYGROUND_SESSION = `${PLAYGROUND}/session`;
const PLAYGROUND_VIEW = `${PLAYGROUND}/view`;
const ROOMS = [...PAGE, RUN, ENGINE, WORKER, PLAYGROUND_SESSION, PLAYGROUND_VIEW];

const PLAN_VERSION = 'src/testing/simulation/plan/plan-version.ts';
const SIMULATING = ['src/testing', 'test/scenarios', 'test/simulation'];

const GENERATOR = 'visualizations/generator';
const BUNDLER = 'visualizations/bundler';
const COMMAND_WORDS = 'test/command-words.ts';

/** The parts, from the inside outwards, and what each may see besides itself: parts, or files of others. */
const MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/ports': [CORE],
  'src/rules': [CORE],
  machines: [CORE, 'src/rules'],
  'src/storage': [CORE, PORTS],
  'src/wire': [CORE, PORTS],
  'src/transport': [CORE, PORTS, 'src/wire'],
  'src/kv': [CORE, PORTS],
  'src/sessions': [CORE, PORTS],
  'src/node': [...INSIDE, 'src/sessions'],
  'src/client-protocol': [CORE, 'src/wire', 'src/kv'],
  'src/client': [CORE, PORTS, ...TO_CLIENTS],
  'src/library': [...INSIDE, ...ADAPTERS, 'src/node'],
  'src/server': [...INSIDE, ...ADAPTERS, ...TO_CLIENTS, 'src/sessions', 'src/node', 'src/library'],
  'src/testing': [...OUTSIDE, 'src/server'],
  'src/cli': [...OUTSIDE, 'src/server'],
  ...Object.fromEntries(
    PAGE.map((room, at) => [room, [CORE, PORTS, 'machines', ...PAGE.slice(0, at)]]),
  ),
  [LIVE]: PAGE,
  [RUN]: [CORE, PLAN_VERSION],
  [ENGINE]: [CORE, PORTS, 'src/rules', 'src/node', ...SIMULATING, STREAM, RUN],
  [WORKER]: [RUN, ENGINE],
  [PLAYGROUND_SESSION]: [CORE, FOLD, SESSION, RUN],
  [PLAYGROUND_VIEW]: [CORE, FOLD, SESSION, VIEW, RUN, PLAYGROUND_SESSION],
  [PLAYGROUND]: [SESSION, RUN, PLAYGROUND_SESSION, PLAYGROUND_VIEW],
  [GENERATOR]: ['machines', COMMAND_WORDS],
  [BUNDLER]: ['machines', 'src/cli', GENERATOR, COMMAND_WORDS],
};
/** Of these it sees types alone. */
const MAY_SEE_TYPES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries([...PAGE, LIVE].map((room) => [room, SERVING])),
  [RUN]: ['src/testing'],
  [PLAYGROUND_SESSION]: [ENGINE, WORKER],
  [BUNDLER]: PAGE,
};

const STORE_ROOMS = ['keys', 'commands', 'store'];
/** What a client was told and handed, for those of its rooms that reach beyond it. */
const CLIENT_MEANS = ['client-options.ts', 'client-ports.ts'];
/** Rooms within a part, and which others each may see. Beside them all see the bounds of the part; what stands in no room sees all. */
const ROOMS_MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  'src/core/bytes': [],
  'src/kv/keys': [],
  'src/kv/commands': ['keys'],
  'src/kv/store': ['keys', 'commands'],
  'src/kv/executing': STORE_ROOMS,
  'src/kv/watching': STORE_ROOMS,
  'src/kv/snapshots': STORE_ROOMS,
  'src/client/values': [],
  'src/client/calls': CLIENT_MEANS,
  'src/client/connection': [...CLIENT_MEANS, 'calls'],
  'src/client/watching': ['values', 'calls', 'connection'],
  'src/client/leases': ['may-be-repeated.ts', 'values'],
  'src/client/coordination': ['may-be-repeated.ts', 'on-abort.ts', 'values', 'watching', 'leases'],
};

const XSTATE_IS_FOR = ['machines', 'src/node', 'src/testing', GENERATOR, BUNDLER];

export function importsAgainstLayers(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, 'src', 'machines', 'visualizations')].flatMap((file) => {
    const part = partOf(file.path);
    if (part === null) return [];
    return importsOf(file).flatMap(({ specifier, target, isType, offset }) => {
      const sentence =
        target === null
          ? foreign(part, specifier)
          : (upward(part, { target, isType }) ?? intoLaterRoom(file.path, target));
      return sentence === null ? [] : [offence(file, offset, sentence)];
    });
  });
}

/** `null` for the doors of the package, such as `src/index.ts`, which may see all. */
function partOf(path: string): string | null {
  if (path.startsWith('machines/')) return 'machines';
  const room = ROOMS.find((each) => path.startsWith(`${each}/`));
  if (room !== undefined) return room;
  const [top, part, ...rest] = path.split('/');
  return rest.length === 0 ? null : `${top}/${part}`;
}

function foreign(part: string, specifier: string): string | null {
  const isXState = packageOf(specifier) === 'xstate';
  if (!isXState || XSTATE_IS_FOR.includes(part)) return null;
  return `only ${XSTATE_IS_FOR.join(', ')} know XState, not ${part}.`;
}

function upward(
  part: string,
  { target, isType }: { readonly target: string; readonly isType: boolean },
): string | null {
  const other = partOf(target);
  const seen = MAY_SEE[part] ?? [];
  if (other === part || seen.includes(target)) return null;
  const mayNot = `${part} may not import ${target}`;
  if (other === null) return `${mayNot}: that is a door of the package.`;
  if (seen.includes(other)) return null;
  if (MAY_SEE_TYPES[part]?.includes(other) === true) {
    return isType ? null : `${mayNot}: it sees types of ${other} alone.`;
  }
  if (ADAPTERS.includes(part) && ADAPTERS.includes(other)) {
    return `${mayNot}: adapters never import each other.`;
  }
  return `${mayNot}: it sees ${seen.join(', ') || 'nothing but itself'}.`;
}

function intoLaterRoom(path: string, target: string): string | null {
  const [top, part, room] = path.split('/');
  const house = `${top}/${part}/`;
  const seen = ROOMS_MAY_SEE[`${house}${room}`];
  if (seen === undefined || !target.startsWith(house)) return null;
  const other = target.slice(house.length).split('/')[0] ?? '';
  if ([room, 'limits.ts', ...seen].includes(other)) return null;
  return `${house}${room} may not import ${target}: it sees ${seen.join(', ') || 'no other room'}.`;
}

/** What the simulator imports has to run in a browser, at any depth. */
export function nodeBoundTesting(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, 'src/testing')].flatMap((file) =>
    importsOf(file).flatMap(({ target, isType, offset }) => {
      if (target === null || isType) return [];
      const bound = [...closureOf(tree, [target], valuesOf)].find((path) =>
        isNodeBound(tree, path),
      );
      const sentence = `leads to ${bound}, which needs Node: src/testing runs in a browser.`;
      return bound === undefined ? [] : [offence(file, offset, sentence)];
    }),
  );
}

/** The files that are still imported when the types are gone. */
function valuesOf(file: SourceFile): readonly string[] {
  return importsOf(file).flatMap(({ target, isType }) => (isType ? [] : (target ?? [])));
}

const NODE_PACKAGES = ['ws', 'level', 'hono', '@hono/node-server'];

function isNodeBound(tree: SourceTree, path: string): boolean {
  const file = tree.files.get(path);
  if (file === undefined) return false;
  return importsOf(file).some(
    ({ specifier, isType }) =>
      !isType && (specifier.startsWith('node:') || NODE_PACKAGES.includes(packageOf(specifier))),
  );
}
