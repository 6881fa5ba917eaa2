/** A chart laid out: every box, line and label in one coordinate system, in whole numbers. */
import type { BoxText } from './box.ts';
import type { Point, Rectangle } from './geometry.ts';
import type { Plan } from './plan.ts';
import type { Route } from './routes.ts';

export interface LaidArrow {
  readonly route: Route;
  /** From tail to head; at least two. */
  readonly points: readonly Point[];
  /** `null` without words. */
  readonly label: Rectangle | null;
}

export interface Layout {
  readonly plan: Plan;
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Rectangle>;
  readonly texts: ReadonlyMap<string, BoxText>;
  readonly arrows: readonly LaidArrow[];
  /** Boxes that hold no others. */
  readonly leaves: ReadonlySet<string>;
  /** For each container, all that is inside it, and itself. */
  readonly insides: ReadonlyMap<string, ReadonlySet<string>>;
}
