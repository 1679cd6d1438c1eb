import type { Segment } from "./segment.ts";

/** Orders segments by the time they begin, equal ones by channel. */
export function byTime(a: Segment, b: Segment): number {
  return a.start - b.start || a.channel - b.channel;
}
