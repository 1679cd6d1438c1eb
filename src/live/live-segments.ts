import { parseJson } from "../lib/bytes.ts";
import { mergeByTime, nearlyInOrder } from "../transcript/segments/merge-by-time.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { finalsOf, type Messages } from "./document.ts";

/** The segments of a stream so far, all channels in order of time. */
export function liveSegments(messages: Messages): AsyncIterable<Segment> {
  const numbers = [...Array(messages.channels).keys()];
  return nearlyInOrder(mergeByTime(numbers.map((channel) => channelSegments(messages, channel))));
}

async function* channelSegments(messages: Messages, channel: number): AsyncGenerator<Segment[]> {
  for (const final of finalsOf(messages, channel)) yield segments(final);
}

/** How the marks of segments begin. */
export const SEGMENT_MARK = "segment-";

/** An event line for each segment of a `Results` message. */
export function segmentLines(
  message: { seq: number; heard: number; json: string } | { interim: string },
): string {
  const isFinal = "seq" in message;
  const json = parseJson(isFinal ? message.json : message.interim);
  return segments(json)
    .map((segment, index): LiveEvent => {
      const name = isFinal ? `${SEGMENT_MARK}${padded(message.seq)}-${padded(index)}` : "";
      return { at: isFinal ? { ms: message.heard, name } : null, is_final: isFinal, segment };
    })
    .map((event) => `${JSON.stringify(event)}\n`)
    .join("");
}

/** Names are in order as texts. */
const padded = (number: number) => String(number).padStart(9, "0");

/** A segment as listeners get it; `at` is null where a later one will replace it. */
export type LiveEvent = {
  at: { ms: number; name: string } | null;
  is_final: boolean;
  segment: Segment;
};
