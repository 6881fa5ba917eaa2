/** What the layout of one container starts from, whoever does it: the kernel, the stacks or the regions. */
import type { Direction } from './arrangements.ts';
import type { Block } from './blocks.ts';
import type { Laid, Size } from './geometry.ts';
import type { PortOrder } from './ports.ts';
import type { Part, Port } from './routes.ts';
import type { TextLine } from './text.ts';

/** How the kernel lines boxes up: for straight lines, or for short ones. */
export type Placement = 'BRANDES_KOEPF' | 'NETWORK_SIMPLEX';

export interface Container {
  readonly block: Block;
  readonly direction: Direction;
  /** What its children contain, by id; leaves and dots are known by their size alone. */
  readonly children: ReadonlyMap<string, Laid>;
  readonly parts: readonly Part[];
  /** Its own and those of all others. */
  readonly ports: readonly Port[];
  readonly order: PortOrder;
  readonly placement: Placement;
}

/** The patch under the words on an arrow. */
export function labelSize(lines: readonly TextLine[]): Size {
  return {
    width: Math.ceil(Math.max(0, ...lines.map(({ width }) => width))) + 10,
    height: lines.reduce((sum, { height }) => sum + height, 0) + 4,
  };
}
