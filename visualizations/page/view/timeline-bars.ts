/** Which part of a lane each role takes. */
import type { Span } from '../session/story.ts';

/** A time, in milliseconds since 1970. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** How far the story has come; what lies behind is empty. */
  readonly ended: number;
}

interface Bar {
  readonly span: Span;
  /** In thousandths of the lane. */
  readonly x: number;
  readonly width: number;
}

/** The shortest that is seen, in thousandths. */
const WIDTH_MIN = 1.5;

/** `spans`: of one node, in order. Each lasts until the next, the last until now. */
export function barsOf(spans: readonly Span[], { from, to, ended }: Range): readonly Bar[] {
  const scale = 1000 / (to - from);
  return spans.flatMap((span, at) => {
    const end = spans[at + 1]?.at ?? ended;
    if (end <= from) return [];
    const start = Math.max(from, span.at);
    const width = Math.max(WIDTH_MIN, (end - start) * scale);
    return [{ span, x: (start - from) * scale, width }];
  });
}
