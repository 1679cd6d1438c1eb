import type { SegmentSource } from "../segments/segment-source.ts";
import { paragraphs } from "./paragraphs.ts";
import type { Names } from "./voice-names.ts";

/**
 * Plain text of segments in order of time, in parts to be joined, as `paragraphs`. Names of channel and
 * speaker stand before each where there are such, unless `speakers` is false. Without segments: nothing.
 */
export async function* txt(
  segments: SegmentSource,
  options: { speakers?: boolean; names?: Names } = {},
): AsyncGenerator<string> {
  let between = "";
  for await (const { voice, text, separator } of paragraphs(segments, options.names)) {
    const name = voice === null || options.speakers === false ? "" : `${voice}: `;
    yield separator === null ? `${between}${name}${text}` : `${separator}${text}`;
    between = "\n\n";
  }
  if (between !== "") yield "\n";
}
