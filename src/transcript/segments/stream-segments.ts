import type { Read } from "../../lib/json/elements.ts";
import { findLayout } from "./body-layout.ts";
import { mergeByTime, nearlyInOrder } from "./merge-by-time.ts";
import type { Segment } from "./segment.ts";
import { type ReadSizes, storedBodyReader } from "./stored-body-reader.ts";
import { channelNumbers, channelStreams } from "./stored-channels.ts";

/** A body that can be read from any byte. It must not change meanwhile. */
export type StoredBody = { bytes: number; read: Read };

/**
 * In bytes: read at once of each array, at most and at least; held of all arrays, what is read ahead
 * included; parsed at once.
 */
export type StreamSizes = { block: number; leastBlock: number; allBlocks: number; batch: number };

/** A Worker has at most six connections at a time; further reads would wait for these. */
const MAX_READS = 6;
/** Of one array: more hide no more of the time that a read takes. */
const MAX_AHEAD = 3;

const KIB = 1024;
const SIZES: StreamSizes = {
  block: 1024 * KIB,
  leastBlock: 16 * KIB,
  allBlocks: 8192 * KIB,
  batch: 16 * KIB,
};

/**
 * The segments of a Deepgram body of any size, as `segments` makes them of it parsed, in memory that
 * does not grow with it. Throws `unshowable` errors. A word that comes thousands of words after later
 * ones stays too late.
 */
export async function* streamSegments(
  body: StoredBody,
  sizes: StreamSizes = SIZES,
): AsyncGenerator<Segment> {
  const whole = storedBodyReader(body.read, readSizes(sizes, 1));
  const layout = await findLayout(whole.blocks({ from: 0, to: body.bytes }), sizes.batch);
  const reader = storedBodyReader(body.read, readSizes(sizes, channelNumbers(layout).length));
  yield* nearlyInOrder(mergeByTime(channelStreams(reader, layout)));
}

/** For a number of arrays that are read at the same time. */
function readSizes(
  { block, leastBlock, allBlocks, batch }: StreamSizes,
  arrays: number,
): ReadSizes {
  const ahead = Math.max(1, Math.min(MAX_AHEAD, Math.floor(MAX_READS / arrays) - 1));
  const share = Math.floor(allBlocks / Math.max(1, arrays) / (1 + ahead));
  const ownBlock = Math.max(leastBlock, Math.min(block, share));
  return { block: ownBlock, ahead, batch: Math.min(batch, ownBlock) };
}
