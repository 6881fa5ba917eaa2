/** What curves and points look like, in the colours of the diagrams. */
import { PAGE, type Scheme, TONES } from '../../../visualizations/generator/theme.ts';

export function curveStyles(): string {
  return [
    '.curve{fill:none;stroke-width:2;stroke-linejoin:round}',
    '.dashed{stroke-dasharray:3 4;stroke-width:1.5}',
    '.point{stroke-width:2}',
    '.halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}',
    ...scheme('light'),
    '@media (prefers-color-scheme:dark){',
    ...scheme('dark'),
    '}',
  ].join('\n');
}

function scheme(name: Scheme): readonly string[] {
  const { page } = PAGE[name];
  return [
    `.point{fill:${page}}`,
    `.halo{stroke:${page}}`,
    ...Object.entries(TONES).flatMap(([tone, shades]) => [
      `.${tone}-curve{stroke:${shades[name].line}}`,
      `.${tone}-ink{fill:${shades[name].ink}}`,
    ]),
  ];
}
