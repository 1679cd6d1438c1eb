import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { type Names, voiceKey } from "./voice-names.ts";

const NO_NAMES: Names = new Map();
const LOOK_AHEAD_SEGMENTS = 100;

/** A segment and whose voice it is. */
export type Voiced = {
  segment: Segment;
  /** A name, `Speaker 1` or `Channel 0, Speaker 1`; null where nobody can be told apart. */
  voice: string | null;
  /** Whether this transcript is known to have more than one voice. */
  several: boolean;
};

/**
 * Names the voice of each segment. Channels are named where there is more than one: known of a
 * transcript from the hundred segments ahead, and from all those before.
 */
export async function* voices(
  segments: SegmentSource,
  names: Names = NO_NAMES,
): AsyncGenerator<Voiced> {
  const ahead: Segment[] = [];
  let first: Segment | undefined;
  let manyChannels = false;
  let several = false;
  const voiced = (segment: Segment): Voiced => ({
    segment,
    voice: names.get(voiceKey(segment)) ?? numberOf(segment, manyChannels),
    several,
  });
  for await (const segment of segments) {
    ahead.push(segment);
    first ??= segment;
    manyChannels ||= segment.channel !== 0;
    several ||= segment.channel !== first.channel || segment.speaker !== first.speaker;
    if (ahead.length > LOOK_AHEAD_SEGMENTS) yield voiced(ahead.shift()!);
  }
  for (const segment of ahead) yield voiced(segment);
}

function numberOf({ channel, speaker }: Segment, manyChannels: boolean): string | null {
  const numbers = [
    ...(manyChannels ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ];
  return numbers.join(", ") || null;
}
