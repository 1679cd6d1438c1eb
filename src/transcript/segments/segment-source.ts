import type { Segment } from "./segment.ts";

/** Segments in order of time, in memory or as they come. Leaving off early returns the iterator. */
export type SegmentSource = AsyncIterable<Segment> | Iterable<Segment>;
