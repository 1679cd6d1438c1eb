import type { Read } from "../json/elements.ts";
import { bodyReader } from "./body-reader.ts";
import { channelNumbers, channelStreams } from "./channel-streams.ts";
import { findLayout } from "./layout.ts";
import { mergeByTime } from "./merge-by-time.ts";
import { nearlyInOrder } from "./nearly-in-order.ts";
import type { Segment } from "./segment.ts";

/** A body that can be read from any byte. It must not change meanwhile. */
export type StoredBody = { bytes: number; read: Read };

/** In bytes: read at once of each array, at most and at least; read for all channels; parsed at once. */
export type StreamSizes = { block: number; leastBlock: number; allBlocks: number; batch: number };

const KIB = 1024;
const SIZES: StreamSizes = {
  block: 1024 * KIB,
  leastBlock: 16 * KIB,
  allBlocks: 4096 * KIB,
  batch: 16 * KIB,
};

/**
 * The segments of a Deepgram body of any size, as `segments` makes them of it parsed, in memory that
 * does not grow with it. Throws `unshowable` errors. A word that comes thousands of words after later
 * ones stays too late.
 */
export async function* streamSegments(
  body: StoredBody,
  { block, leastBlock, allBlocks, batch }: StreamSizes = SIZES,
): AsyncGenerator<Segment> {
  const whole = bodyReader(body.read, { block, batch });
  const layout = await findLayout(whole.blocks({ from: 0, to: body.bytes }));
  const share = Math.floor(allBlocks / Math.max(1, channelNumbers(layout).length));
  const ownBlock = Math.max(leastBlock, Math.min(block, share));
  const reader = bodyReader(body.read, { block: ownBlock, batch: Math.min(batch, ownBlock) });
  yield* nearlyInOrder(mergeByTime(await channelStreams(reader, layout)));
}
