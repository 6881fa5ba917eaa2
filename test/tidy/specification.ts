/**
 * The rules of `docs/SPEC.md` and the tests that prove them, closed both ways: no rule without a test, no test of
 * a rule that is not written down. The known bugs of others, such as `[A1]`, are held against their table
 * in the same way; a bug that waits for what is not built says so and has no test.
 */
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { calleeName, nodesOf } from './syntax.ts';

const PAGE = 'docs/SPEC.md';
/** `| A1 | … | where it is proven, or what it waits for |`; a range only waits. */
const BUG = /^\| ([A-J])(\d+)(?:–\1(\d+))? \| (\S.*\.) \| (\S.*) \|$/;
const BUG_ID = /\[([A-J]\d+)\]/g;
const WAITS = 'waits for ';
const RULE = /^- \*\*([A-Z]{2})(\d+)\*\* \((§[^)]+|own)\) \S.*\.$/;

interface Rule {
  readonly family: string;
  readonly number: number;
  readonly line: number;
}

function rulesOf(page: string): readonly Rule[] {
  return page.split('\n').flatMap((text, at) => {
    const [, family, number] = RULE.exec(text) ?? [];
    if (family === undefined || number === undefined) return [];
    return [{ family, number: Number(number), line: at + 1 }];
  });
}

/** The names of all rules, as `EL3`. */
export function ruleNames(tree: SourceTree): ReadonlySet<string> {
  return new Set(rulesOf(tree.text(PAGE) ?? '').map(({ family, number }) => `${family}${number}`));
}

/** Lines that look like rules and are not, and numbers that are missing, repeated or out of order. */
export function malformedRules(tree: SourceTree): readonly Offence[] {
  const page = tree.text(PAGE) ?? '';
  const next = new Map<string, number>();
  const offences = page.split('\n').flatMap((text, at): Offence[] => {
    if (!text.startsWith('- ') || RULE.test(text)) return [];
    return [
      {
        path: PAGE,
        line: at + 1,
        sentence: 'is not of the shape "- **XY1** (§ or own) Sentence.".',
      },
    ];
  });
  for (const { family, number, line } of rulesOf(page)) {
    const expected = next.get(family) ?? 1;
    if (number !== expected) {
      offences.push({
        path: PAGE,
        line,
        sentence: `${family}${number} stands where ${family}${expected} belongs.`,
      });
    }
    next.set(family, number + 1);
  }
  return offences;
}

export function rulesWithoutTest(tree: SourceTree): readonly Offence[] {
  const proven = new Set(testNames(tree).flatMap(({ name }) => idsIn(name)));
  return rulesOf(tree.text(PAGE) ?? '')
    .filter(({ family, number }) => !proven.has(`${family}${number}`))
    .map(({ family, number, line }) => ({
      path: PAGE,
      line,
      sentence: `${family}${number} has no test.`,
    }));
}

export function testsWithoutRule(tree: SourceTree): readonly Offence[] {
  const known = ruleNames(tree);
  const families = [...(tree.text(PAGE) ?? '').matchAll(/^## ([A-Z]{2}):/gm)].map(([, id]) => id);
  return testNames(tree).flatMap(({ name, file, start }) => {
    const ids = idsIn(name);
    const unknown = ids.filter((id) => families.includes(id.slice(0, 2)) && !known.has(id));
    if (!name.startsWith('[')) return [offence(file, start, 'this test names no rule.')];
    return unknown.map((id) => offence(file, start, `${id} is not in ${PAGE}.`));
  });
}

interface KnownBug {
  readonly family: string;
  readonly first: number;
  readonly last: number;
  readonly line: number;
  readonly waits: boolean;
  /** The test files that it names. */
  readonly files: readonly string[];
}

function knownBugsOf(page: string): readonly KnownBug[] {
  return page.split('\n').flatMap((text, at) => {
    const [, family, first, last, , proof] = BUG.exec(text) ?? [];
    if (family === undefined || first === undefined || proof === undefined) return [];
    const files = [...proof.matchAll(/`([^`]+)`/g)].flatMap(([, path]) => path ?? []);
    const waits = proof.startsWith(WAITS);
    const numbers = { first: Number(first), last: Number(last ?? first) };
    return [{ family, ...numbers, line: at + 1, waits, files }];
  });
}

/** Rows of the table that cannot be read, and numbers that are missing, repeated or out of order. */
export function malformedBugs(tree: SourceTree): readonly Offence[] {
  const page = tree.text(PAGE) ?? '';
  const next = new Map<string, number>();
  const unread = page.split('\n').flatMap((text, at): Offence[] => {
    if (!/^\| [A-J]\d/.test(text) || BUG.test(text)) return [];
    const sentence = 'is not of the shape "| A1 | What went wrong. | `file`, or waits for … |".';
    return [{ path: PAGE, line: at + 1, sentence }];
  });
  const misplaced = knownBugsOf(page).flatMap(({ family, first, last, line }): Offence[] => {
    const expected = next.get(family) ?? 1;
    next.set(family, last + 1);
    if (first === expected) return [];
    const sentence = `${family}${first} stands where ${family}${expected} belongs.`;
    return [{ path: PAGE, line, sentence }];
  });
  return [...unread, ...misplaced];
}

/**
 * Each file that a proven bug names has a test in whose name that bug stands first, or behind a rule; a play names it
 * in its title.
 */
export function bugsWithoutTest(tree: SourceTree): readonly Offence[] {
  const proven = new Set(
    testNames(tree).flatMap(({ name, file }) => leadingIds(name).map((id) => `${file.path} ${id}`)),
  );
  return knownBugsOf(tree.text(PAGE) ?? '').flatMap(({ family, first, last, line, ...bug }) => {
    if (bug.waits) return [];
    const id = first === last ? `${family}${first}` : `${family}${first}–${family}${last}`;
    const isProven = (path: string): boolean =>
      proven.has(`${path} ${id}`) || titleIds(tree.text(path)).includes(id);
    if (bug.files.length > 0 && bug.files.every(isProven)) return [];
    const sentence = `${id} neither waits nor has a test in each file that it names.`;
    return [{ path: PAGE, line, sentence }];
  });
}

/** Tests of bugs that are not in the table, or that the table says wait. */
export function testsWithoutBug(tree: SourceTree): readonly Offence[] {
  const bugs = knownBugsOf(tree.text(PAGE) ?? '');
  const isProven = (id: string): boolean =>
    bugs.some(({ family, first, last, waits }) => {
      const number = Number(id.slice(1));
      return !waits && family === id.charAt(0) && first <= number && number <= last;
    });
  return testNames(tree).flatMap(({ name, file, start }) =>
    [...name.matchAll(BUG_ID)]
      .flatMap(([, id]) => id ?? [])
      .filter((id) => !isProven(id))
      .map((id) => offence(file, start, `${id} is not among the proven bugs of ${PAGE}.`)),
  );
}

interface TestName {
  readonly name: string;
  readonly file: SourceFile;
  readonly start: number;
}

/** The first words of each test, as far as they are written out. */
function testNames(tree: SourceTree): readonly TestName[] {
  return [...filesIn(tree, 'test', 'src/testing/contracts')].flatMap((file) =>
    [...nodesOf(file)].flatMap(({ node }) => {
      if (node.type !== 'CallExpression') return [];
      if (!['it', 'test'].includes(calleeName(node.callee) ?? '')) return [];
      const [title] = node.arguments;
      if (title?.type === 'Literal' && typeof title.value === 'string') {
        return [{ name: title.value, file, start: node.start }];
      }
      if (title?.type !== 'TemplateLiteral') return [];
      const name = title.quasis.map(({ value }) => value.cooked ?? '').join('…');
      return [{ name, file, start: node.start }];
    }),
  );
}

/** The bugs that stand behind the title of a play: `# Title (A1; §3.4).` */
function titleIds(play: string | null): readonly string[] {
  const [title = ''] = play?.split('\n') ?? [];
  return title.startsWith('# ') ? (title.match(/\b[A-J]\d+\b/g) ?? []) : [];
}

/** The ids in brackets that a name begins with. */
function leadingIds(name: string): readonly string[] {
  const [ids = ''] = /^(\[[A-Z]+\d+\] ?)*/.exec(name) ?? [];
  return [...ids.matchAll(/\[([A-Z]+\d+)\]/g)].flatMap(([, id]) => id ?? []);
}

function idsIn(name: string): readonly string[] {
  return [...name.matchAll(/\[([A-Z]{2}\d+)\]/g)].flatMap(([, id]) => id ?? []);
}
