import type { SegmentSource } from "../segments/segment-source.ts";
import type { CaptionOptions } from "./caption-options.ts";
import { cues } from "./cues.ts";
import { timestamp } from "./timestamp.ts";

/**
 * WebVTT (W3C) of segments in order of time, in parts to be joined. A cue's voice tag names channel
 * and speaker where there are such, unless `speakers` is false. Without segments: the header alone.
 */
export async function* vtt(
  segments: SegmentSource,
  options: CaptionOptions = {},
): AsyncGenerator<string> {
  yield "WEBVTT\n\n";
  for await (const { startMs, endMs, voice, lines } of cues(segments, options)) {
    const text = lines.map(escaped).join("\n");
    const shown =
      voice === null || options.speakers === false ? text : `<v ${escaped(voice)}>${text}</v>`;
    yield `${timestamp(startMs)} --> ${timestamp(endMs)}\n${shown}\n\n`;
  }
}

/** W3C WebVTT §4.2.2: cue text holds neither `&` nor `<`, and `-->` nowhere. */
function escaped(line: string): string {
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
