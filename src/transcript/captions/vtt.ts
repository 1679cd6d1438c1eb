import type { SegmentSource } from "../segments/segment-source.ts";
import type { CaptionOptions } from "./caption-options.ts";
import { type Cue, cues } from "./cues.ts";
import { timestamp } from "./timestamp.ts";

const SPECIAL = /[&<>]/;

/**
 * WebVTT (W3C) of segments in order of time, in parts to be joined. A cue's voice tag names channel
 * and speaker where there are such, unless `speakers` is false. Without segments: the header alone.
 */
export async function* vtt(
  segments: SegmentSource,
  options: CaptionOptions = {},
): AsyncGenerator<string> {
  yield "WEBVTT\n\n";
  for await (const ready of cues(segments, options)) {
    yield ready.map((cue) => cueText(cue, options.speakers !== false)).join("");
  }
}

function cueText({ startMs, endMs, turns }: Cue, isNamed: boolean): string {
  const shown = turns.map(({ voice, lines }) => {
    const text = lines.map(escaped).join("\n");
    return voice === null || !isNamed ? text : `<v ${escaped(voice)}>${text}</v>`;
  });
  return `${timestamp(startMs)} --> ${timestamp(endMs)}\n${shown.join("\n")}\n\n`;
}

/** W3C WebVTT §4.2.2: cue text holds neither `&` nor `<`, and `-->` nowhere. */
function escaped(line: string): string {
  if (!SPECIAL.test(line)) return line;
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
