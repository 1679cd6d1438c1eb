import type { SegmentSource } from "../segments/segment-source.ts";
import { clock } from "./clock.ts";
import { paragraphs } from "./paragraphs.ts";
import type { Names } from "./voice-names.ts";

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
  options: { speakers?: boolean; names?: Names } = {},
): AsyncGenerator<string> {
  let between = "";
  for await (const { segment, voice, text, separator } of paragraphs(segments, options.names)) {
    const escaped = mdText(text);
    const name = voice === null || options.speakers === false ? "" : `**${mdText(voice)}** `;
    yield separator === null
      ? `${between}${name}(${clock(segment.start)}) ${escaped}`
      : `${separator}${escaped}`;
    between = "\n\n";
  }
  if (between !== "") yield "\n";
}

/** Text within a line: what has a meaning in Markdown has a backslash before it. */
export const mdText = (text: string): string => text.replace(MARKUP, "\\$&");
