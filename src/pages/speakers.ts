import { type Names, voiceKey } from "../transcript/formats/speakers.ts";
import type { Segment } from "../transcript/segments/segment.ts";

type Speaker = Pick<Segment, "channel" | "speaker">;

/** Each has a colour of its own in the style. */
const COLOURS = 8;
// Speakers of different channels shall differ too.
const CHANNEL_STEP = 3;

/** The speaker's name or number; null where speakers cannot be told apart. */
export function nameOf(speaker: Speaker, names: Names, hasChannels: boolean): string | null {
  return names.get(voiceKey(speaker)) ?? numberOf(speaker, hasChannels);
}

/** The number of a speaker in words, whatever the name. */
export function numberOf({ channel, speaker }: Speaker, hasChannels: boolean): string | null {
  const parts = [
    ...(hasChannels || channel > 0 ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ];
  return parts.join(", ") || null;
}

export const colourOf = ({ channel, speaker }: Speaker): number =>
  (channel * CHANNEL_STEP + (speaker ?? 0)) % COLOURS;
