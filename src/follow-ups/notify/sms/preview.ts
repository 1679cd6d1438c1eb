import { cleanText } from "../../../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../../../transcript/segments/join-words.ts";
import type { SegmentSource } from "../../../transcript/segments/segment-source.ts";

const ENOUGH_CHARS = 400;

/** The first words of a transcript, more of them than a short message holds; reads no further. */
export async function previewOf(segments: SegmentSource): Promise<string> {
  let preview = "";
  for await (const segment of segments) {
    const text = cleanText(segment.text.slice(0, ENOUGH_CHARS));
    if (text === "") continue;
    preview += (preview === "" ? "" : sentenceSeparator(preview, text)) + text;
    if (preview.length >= ENOUGH_CHARS) break;
  }
  return preview;
}
