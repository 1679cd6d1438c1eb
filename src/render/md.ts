import type { SegmentSource } from "../segments/segment-source.ts";
import { clock } from "./clock.ts";
import { paragraphs } from "./paragraphs.ts";

/** Markup within a line of CommonMark 0.31, of GFM (`|`, `~`), and of mathematics (`$`). */
const MARKUP = /[\\`*_[\]<>&|~$]/g;

/**
 * Markdown (CommonMark) of segments in order of time, in parts to be joined: `paragraphs`, before each
 * in bold the names of channel and speaker where there are such, unless `speakers` is false, and when
 * it begins. Speech never becomes markup: each is one line that speech does not begin, and what has a
 * meaning within a line has a backslash before it. Without segments: nothing.
 */
export async function* md(
  segments: SegmentSource,
  options: { speakers?: boolean } = {},
): AsyncGenerator<string> {
  let between = "";
  for await (const { segment, voice, text, separator } of paragraphs(segments)) {
    const escaped = text.replace(MARKUP, "\\$&");
    const name = voice === null || options.speakers === false ? "" : `**${voice}** `;
    yield separator === null
      ? `${between}${name}(${clock(segment.start)}) ${escaped}`
      : `${separator}${escaped}`;
    between = "\n\n";
  }
  if (between !== "") yield "\n";
}
