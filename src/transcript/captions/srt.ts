import type { SegmentSource } from "../segments/segment-source.ts";
import type { CaptionOptions } from "./caption-options.ts";
import { type Cue, cues } from "./cues.ts";
import { timestamp } from "./timestamp.ts";

/**
 * SubRip of segments in order of time, in parts to be joined. `Speaker 1: ` stands before the text
 * where the speaker changes, if the transcript has several or `speakers` is true. Without segments:
 * nothing.
 */
export async function* srt(
  segments: SegmentSource,
  options: CaptionOptions = {},
): AsyncGenerator<string> {
  let number = 1;
  const captions = cues(segments, options, ({ voice, several }) =>
    (options.speakers ?? several) ? voice : null,
  );
  for await (const ready of captions) {
    yield ready.map((cue) => cueText(cue, number++)).join("");
  }
}

function cueText({ startMs, endMs, turns }: Cue, number: number): string {
  const text = turns.flatMap(({ lines }) => lines).join("\n");
  return `${number}\n${timestamp(startMs, ",")} --> ${timestamp(endMs, ",")}\n${text}\n\n`;
}
