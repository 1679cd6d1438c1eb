import type { Segment } from "../segments/segment.ts";
import type { Insights } from "./insights.ts";

/**
 * The summary of a text result as one segment at 0 s, so that it is searched and previewed as speech
 * is; none without a summary. `language` is a BCP 47 tag.
 */
export function summarySegments({ summary }: Insights, language: string | null): Segment[] {
  if (summary === null) return [];
  return [{ start: 0, end: 0, channel: 0, speaker: null, language, text: summary, words: [] }];
}
