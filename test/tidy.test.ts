/**
 * The style, executable: reads the source tree and fails, with file and line and one sentence each, on what
 * `docs/STYLE.md` forbids. The checks are in `test/tidy`; that each of them can fail is proven in `checks.test.ts`.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { charts } from '../machines/index.ts';
import { drawAll, staleFiles } from '../visualizations/generator/files.ts';
import { scatteredBounds } from './tidy/bounds.ts';
import * as shape from './tidy/chart-shape.ts';
import { inlineCode } from './tidy/chart-source.ts';
import { missingPaths, undocumentedErrors, undocumentedExports } from './tidy/documentation.ts';
import { unusedExports } from './tidy/exports.ts';
import { incompleteGallery } from './tidy/gallery.ts';
import { importCycles, importsAgainstLayers, nodeBoundTesting } from './tidy/layers.ts';
import { ambientInPureParts, nodeInPortableParts } from './tidy/purity.ts';
import { deadFiles } from './tidy/reachability.ts';
import { oversized } from './tidy/sizes.ts';
import { listed, type Offence, readTree } from './tidy/source-tree.ts';
import * as specification from './tidy/specification.ts';
import { loopholes, quietTests, undecidedTypes } from './tidy/strictness.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const tree = readTree(root);
const chartIds = Object.values(charts).map(({ id }) => id);

function expectNone(...offences: readonly (readonly Offence[])[]): void {
  expect(offences.flatMap(listed)).toEqual([]);
}

it('[SC1] every chart opens alone and starts without input', () => {
  expectNone(shape.closedCharts(tree));
});

it('[SC2] every chart is one literal that names what it does', () => {
  expectNone(inlineCode(tree));
});

it('[SC3] every state is described in one line', () => {
  expectNone(shape.undescribedStates(tree));
});

/** Charts whose states name no rules yet; a chart leaves this list for good. */
const SILENT = ['node', 'logWriter', 'applier'];

it('[SC25] every state names the rules that it is there for, and they are written down', () => {
  expectNone(shape.unfoundedStates(tree, SILENT));
  expect(shape.foundedCharts(tree, SILENT), 'take it off the list').toEqual([]);
});

it('[SC4] every leaf handles or visibly ignores every event', () => {
  expectNone(shape.unheardEvents(tree));
});

it('[SC5] no level of a chart is crowded', () => {
  expectNone(shape.crowdedLevels(tree));
});

it('[SC6] every chart is in the catalogue and in the gallery', () => {
  expectNone(shape.unlistedCharts(tree, chartIds), incompleteGallery(tree));
});

it('[SC7] the committed diagrams are those that the charts give', async () => {
  const stale = staleFiles(`${root}/visualizations`, await drawAll(charts));
  expect(stale, 'npm run visualize draws them again').toEqual([]);
});

it('[SC14] imports follow the layers', () => {
  expectNone(importsAgainstLayers(tree));
});

it('[SC15] no file needs itself', () => {
  expectNone(importCycles(tree));
});

it('[SC16] core, rules and charts touch nothing outside', () => {
  expectNone(ambientInPureParts(tree));
});

it('[SC17] what runs in a browser needs nothing of Node', () => {
  expectNone(nodeInPortableParts(tree), nodeBoundTesting(tree));
});

it('[SC18] functions and files are short', () => {
  expectNone(oversized(tree));
});

it('[SC19] there is no any, no ! and no enum', () => {
  expectNone(loopholes(tree));
});

it('[SC20] no file is dead', () => {
  expectNone(deadFiles(tree));
});

it('[SC21] rules and tests name each other', () => {
  const { malformedRules, rulesWithoutTest, testsWithoutRule } = specification;
  expectNone(malformedRules(tree), rulesWithoutTest(tree), testsWithoutRule(tree));
});

it('[SC21] known bugs and tests name each other', () => {
  const { malformedBugs, bugsWithoutTest, testsWithoutBug } = specification;
  expectNone(malformedBugs(tree), bugsWithoutTest(tree), testsWithoutBug(tree));
});

it('[SC22] every error code is documented', () => {
  expectNone(undocumentedErrors(tree));
});

it('[SC23] every public function and class has a docstring', () => {
  expectNone(undocumentedExports(tree));
});

it('[SC24] every test runs, or says why not', () => {
  expectNone(quietTests(tree));
});

it('[SC26] no default decides about a message', () => {
  expectNone(undecidedTypes(tree));
});

it('[SC27] pages and comments name files that are there', () => {
  expectNone(missingPaths(tree));
});

it('[SC29] every bound stands in the limits of its part', () => {
  expectNone(scatteredBounds(tree));
});

it('[SC30] every export is imported', () => {
  expectNone(unusedExports(tree));
});
