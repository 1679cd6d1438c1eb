import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import {
  type StreamSizes,
  streamSegments,
} from "../../../../src/transcript/segments/stream-segments.ts";

/** So little is read at once that every array breaks off many times. */
export const TINY: StreamSizes = { block: 50, leastBlock: 7, allBlocks: 100, batch: 20 };

/** The segments streamed from a body's JSON, and the sizes of all that was read for them. */
export async function streamed(
  json: string | Uint8Array,
  sizes?: StreamSizes,
): Promise<{ found: Segment[]; reads: number[] }> {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const reads: number[] = [];
  const read = async (offset: number, length: number) => {
    if (offset + length > bytes.length) throw new RangeError("read behind the end");
    reads.push(length);
    return bytes.slice(offset, offset + length);
  };
  const found = await Array.fromAsync(streamSegments({ bytes: bytes.length, read }, sizes));
  return { found, reads };
}

/** The segments of a body's JSON parsed whole. */
export const whole = (json: string): Segment[] => segments(JSON.parse(json));
