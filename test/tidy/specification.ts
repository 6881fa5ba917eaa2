/**
 * The rules of `docs/SPEC.md` and the tests that prove them, closed both ways: no rule without a test, no test of
 * a rule that is not written down. Ids of other catalogues, such as `[A1]`, may stand in names as well.
 */
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { calleeName, nodesOf } from './syntax.ts';

const PAGE = 'docs/SPEC.md';
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
  const rules = rulesOf(tree.text(PAGE) ?? '');
  const known = new Set(rules.map(({ family, number }) => `${family}${number}`));
  const families = [...(tree.text(PAGE) ?? '').matchAll(/^## ([A-Z]{2}):/gm)].map(([, id]) => id);
  return testNames(tree).flatMap(({ name, file, start }) => {
    const ids = idsIn(name);
    const unknown = ids.filter((id) => families.includes(id.slice(0, 2)) && !known.has(id));
    if (!name.startsWith('[')) return [offence(file, start, 'this test names no rule.')];
    return unknown.map((id) => offence(file, start, `${id} is not in ${PAGE}.`));
  });
}

interface TestName {
  readonly name: string;
  readonly file: SourceFile;
  readonly start: number;
}

/** The first words of each test, as far as they are written out. */
function testNames(tree: SourceTree): readonly TestName[] {
  return [...filesIn(tree, 'test')].flatMap((file) =>
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

function idsIn(name: string): readonly string[] {
  return [...name.matchAll(/\[([A-Z]{2}\d+)\]/g)].flatMap(([, id]) => id ?? []);
}
