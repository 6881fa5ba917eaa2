/** The gallery in `machines/README.md`: every chart with its picture, light and dark, and a link that opens it. */
import { posix } from 'node:path';
import { chartFiles } from './chart-source.ts';
import type { Offence, SourceTree } from './source-tree.ts';

const GALLERY = 'machines/README.md';
const VISUALIZER = 'https://github.stately.ai/raftchart/raftchart/blob/main';

export function incompleteGallery(tree: SourceTree): readonly Offence[] {
  const page = tree.text(GALLERY) ?? '';
  return chartFiles(tree).flatMap(({ path }) => {
    const stem = posix.basename(path, '.machine.ts');
    const wanted = [
      ` src="../visualizations/${stem}.svg"`,
      ` srcset="../visualizations/${stem}.dark.svg"`,
      `](${VISUALIZER}/${path})`,
    ];
    return wanted
      .filter((link) => !page.includes(link))
      .map((link) => ({ path: GALLERY, line: 1, sentence: `has no ${link.trim()} for ${path}.` }));
  });
}
