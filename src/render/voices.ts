import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";

const LOOK_AHEAD_SEGMENTS = 100;

/** A segment and whose voice it is. */
export type Voiced = {
  segment: Segment;
  /** Such as `Speaker 1` or `Channel 0, Speaker 1`; null where nobody can be told apart. */
  voice: string | null;
  /** Whether this transcript is known to have more than one voice. */
  several: boolean;
};

/**
 * Names the voice of each segment. Channels are named where there is more than one: known of a
 * transcript from the hundred segments ahead, and from all those before.
 */
export async function* voices(segments: SegmentSource): AsyncGenerator<Voiced> {
  const ahead: Segment[] = [];
  let first: Segment | undefined;
  let manyChannels = false;
  let several = false;
  const voiced = (segment: Segment): Voiced => ({
    segment,
    voice: nameOf(segment, manyChannels),
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

function nameOf({ channel, speaker }: Segment, manyChannels: boolean): string | null {
  const names = [
    ...(manyChannels ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ];
  return names.join(", ") || null;
}
