import type { Segment } from "../segments/segment.ts";

/** Under which the name of a voice is kept. */
export const voiceKey = ({ channel, speaker }: Pick<Segment, "channel" | "speaker">): string =>
  `${channel}:${speaker ?? ""}`;

/** The names that people gave to voices, by `voiceKey`; each is on one line. */
export type Names = ReadonlyMap<string, string>;

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
 * transcript from the hundred segments ahead, and from all those before. A call with a segment, in
 * their order, gives those that are known by then; one without any gives the rest.
 */
export function createSpeakerSplitter(names: Names = NO_NAMES): (segment?: Segment) => Voiced[] {
  const ahead: Segment[] = [];
  let first: Segment | undefined;
  let manyChannels = false;
  let several = false;
  const voiced = (segment: Segment): Voiced => ({
    segment,
    voice: names.get(voiceKey(segment)) ?? numberOf(segment, manyChannels),
    several,
  });
  return (segment) => {
    if (segment === undefined) return ahead.splice(0).map(voiced);
    ahead.push(segment);
    first ??= segment;
    manyChannels ||= segment.channel !== 0;
    several ||= segment.channel !== first.channel || segment.speaker !== first.speaker;
    return ahead.length > LOOK_AHEAD_SEGMENTS ? [voiced(ahead.shift()!)] : [];
  };
}

function numberOf({ channel, speaker }: Segment, manyChannels: boolean): string | null {
  const numbers = [
    ...(manyChannels ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ];
  return numbers.join(", ") || null;
}
