/** What curves and points look like, in the colours of the diagrams. */
import {
  PAGE,
  type Scheme,
  scoped,
  scopeOf,
  TONES,
} from '../../../visualizations/generator/theme.ts';

export function curveStyles(name: Scheme): string {
  const { page } = PAGE[name];
  const rules = [
    '.curve{fill:none;stroke-width:2;stroke-linejoin:round}',
    '.dashed{stroke-dasharray:3 4;stroke-width:1.5}',
    '.point{stroke-width:2}',
    '.halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}',
    `.point{fill:${page}}`,
    `.halo{stroke:${page}}`,
    ...Object.entries(TONES).flatMap(([tone, shades]) => [
      `.${tone}-curve{stroke:${shades[name].line}}`,
      `.${tone}-ink{fill:${shades[name].ink}}`,
    ]),
  ];
  return rules.map((rule) => scoped(rule, scopeOf(name))).join('\n');
}
