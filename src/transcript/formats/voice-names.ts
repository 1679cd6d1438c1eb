import type { Segment } from "../segments/segment.ts";

/** Under which the name of a voice is kept. */
export const voiceKey = ({ channel, speaker }: Pick<Segment, "channel" | "speaker">): string =>
  `${channel}:${speaker ?? ""}`;

/** The names that people gave to voices, by `voiceKey`; each is on one line. */
export type Names = ReadonlyMap<string, string>;
