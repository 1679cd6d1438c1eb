import { type Names, voiceKey } from "../transcript/formats/voice-names.ts";
import type { Segment } from "../transcript/segments/segment.ts";

type Voice = Pick<Segment, "channel" | "speaker">;

/** Each has a colour of its own in the style. */
const COLOURS = 8;
// Speakers of different channels shall differ too.
const CHANNEL_STEP = 3;

/** Whose voice it is; null where nobody can be told apart. */
export function nameOf(voice: Voice, names: Names, hasChannels: boolean): string | null {
  return names.get(voiceKey(voice)) ?? numberOf(voice, hasChannels);
}

/** The number of a voice in words, whatever its name. */
export function numberOf({ channel, speaker }: Voice, hasChannels: boolean): string | null {
  const parts = [
    ...(hasChannels || channel > 0 ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ];
  return parts.join(", ") || null;
}

export const colourOf = ({ channel, speaker }: Voice): number =>
  (channel * CHANNEL_STEP + (speaker ?? 0)) % COLOURS;
