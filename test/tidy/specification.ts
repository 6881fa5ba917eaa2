/**
 * The rules of `docs/SPEC.md` and the tests that prove them, closed both ways: no rule without a test, no test of
 * a rule that is not written down. The known bugs of others, such as `[A1]`, are held against their table
 * in the same way; a bug that waits for what is not built says so and has no test.
 */
import {
  filesIn,
  type Offence,
  offence,
  onPage,
  type SourceFile,
  type SourceTree,
} from './source-tree.ts';
import { calleeName } from './syntax.ts';

const PAGE = 'docs/SPEC.md';
const WAITS = 'waits for ';

/** What is numbered on the page: how a line of it begins, how it reads, and that in words. */
const NUMBERED = [
  {
    begins: /^- /,
    reads: /^- \*\*(?<family>[A-Z]{2})(?<first>\d+)\*\* \((§[^)]+|own)\) \S.*\.$/,
    shape: '"- **XY1** (§ or own) Sentence."',
  },
  {
    begins: /^\| [A-J]\d/,
    /** A range only waits. */
    reads:
      /^\| (?<family>[A-J])(?<first>\d+)(?:–\k<family>(?<last>\d+))? \| \S.*\. \| (?<proof>\S.*) \|$/,
    shape: '"| A1 | What went wrong. | `file`, or waits for … |"',
  },
] as const;

interface Numbered {
  readonly family: string;
  readonly first: number;
  readonly last: number;
  /** Where it is proven; empty for a rule. */
  readonly proof: string;
  readonly line: number;
}

function linesOf(tree: SourceTree): readonly string[] {
  return (tree.text(PAGE) ?? '').split('\n');
}

function readAs(reads: RegExp, tree: SourceTree): readonly Numbered[] {
  return linesOf(tree).flatMap((text, at) => {
    const { family, first, last = first, proof = '' } = reads.exec(text)?.groups ?? {};
    if (family === undefined) return [];
    return [{ family, first: Number(first), last: Number(last), proof, line: at + 1 }];
  });
}

function rulesOf(tree: SourceTree): readonly Numbered[] {
  return readAs(NUMBERED[0].reads, tree);
}

function bugsOf(tree: SourceTree): readonly (Numbered & { readonly waits: boolean })[] {
  const bugs = readAs(NUMBERED[1].reads, tree);
  return bugs.map((bug) => ({ ...bug, waits: bug.proof.startsWith(WAITS) }));
}

function nameOf({ family, first }: Numbered): string {
  return `${family}${first}`;
}

/** The names of all rules, as `EL3`. */
export function ruleNames(tree: SourceTree): ReadonlySet<string> {
  return new Set(rulesOf(tree).map(nameOf));
}

/** Lines that look like rules or known bugs and are not, and numbers that are missing, repeated or out of order. */
export function malformedLines(tree: SourceTree): readonly Offence[] {
  return NUMBERED.flatMap(({ begins, reads, shape }) => {
    const next = new Map<string, number>();
    const unread = linesOf(tree).flatMap((text, at) =>
      begins.test(text) && !reads.test(text)
        ? [onPage(PAGE, at + 1, `is not of the shape ${shape}.`)]
        : [],
    );
    const misplaced = readAs(reads, tree).flatMap((numbered) => {
      const { family, first, last, line } = numbered;
      const expected = next.get(family) ?? 1;
      next.set(family, last + 1);
      const sentence = `${nameOf(numbered)} stands where ${family}${expected} belongs.`;
      return first === expected ? [] : [onPage(PAGE, line, sentence)];
    });
    return [...unread, ...misplaced];
  });
}

export function rulesWithoutTest(tree: SourceTree): readonly Offence[] {
  const proven = new Set(testNames(tree).flatMap(({ name }) => idsIn(name)));
  return rulesOf(tree)
    .filter((rule) => !proven.has(nameOf(rule)))
    .map((rule) => onPage(PAGE, rule.line, `${nameOf(rule)} has no test.`));
}

/**
 * Each file that a proven bug names has a test in whose name that bug stands first, or behind a rule; a play names it
 * in its title.
 */
export function bugsWithoutTest(tree: SourceTree): readonly Offence[] {
  const proven = new Set(
    testNames(tree).flatMap(({ name, file }) => leadingIds(name).map((id) => `${file.path} ${id}`)),
  );
  return bugsOf(tree).flatMap((bug) => {
    const id = nameOf(bug);
    const files = [...bug.proof.matchAll(/`([^`]+)`/g)].flatMap(([, path]) => path ?? []);
    const isProven = (path: string): boolean =>
      proven.has(`${path} ${id}`) || titleIds(tree.text(path)).includes(id);
    if (bug.waits || (files.length > 0 && files.every(isProven))) return [];
    const sentence = `${id} neither waits nor has a test in each file that it names.`;
    return [onPage(PAGE, bug.line, sentence)];
  });
}

/** Tests of nothing, of rules that are not written down, and of bugs that are unknown or that the table says wait. */
export function testsOfNothing(tree: SourceTree): readonly Offence[] {
  const bugs = bugsOf(tree).filter(({ waits }) => !waits);
  const known = new Set([...ruleNames(tree), ...bugs.map(nameOf)]);
  return testNames(tree).flatMap(({ name, file, start }) => {
    if (!name.startsWith('[')) return [offence(file, start, 'this test names no rule.')];
    return idsIn(name)
      .filter((id) => !known.has(id))
      .map((id) => offence(file, start, `${id} is no rule and no proven bug of ${PAGE}.`));
  });
}

interface TestName {
  readonly name: string;
  readonly file: SourceFile;
  readonly start: number;
}

/** The first words of each test, as far as they are written out. */
function testNames(tree: SourceTree): readonly TestName[] {
  return [...filesIn(tree, 'test', 'src/testing/contracts')].flatMap((file) =>
    file.nodes().flatMap(({ node }) => {
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
  return idsIn(/^(\[[A-Z]+\d+\] ?)*/.exec(name)?.[0] ?? '');
}

/** Of rules, as `[EL3]`, and of bugs, as `[A1]`. */
function idsIn(name: string): readonly string[] {
  return [...name.matchAll(/\[([A-Z]{2}\d+|[A-J]\d+)\]/g)].flatMap(([, id]) => id ?? []);
}
