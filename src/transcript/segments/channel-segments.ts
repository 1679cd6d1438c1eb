import { cutLong } from "./cut-long.ts";
import { field, list, text } from "./fields.ts";
import { groupWords, type Origin } from "./group-words.ts";
import { paragraphSegments } from "./paragraph-segments.ts";
import type { Segment } from "./segment.ts";
import { charsOf, spellMost } from "./spell-most.ts";
import { spokenWords } from "./spoken-words.ts";

/** Seconds from the start of the audio that a body, or a streamed message, speaks for. */
export type Span = { start: number; end: number };

/**
 * Segments from the first alternative of a Deepgram channel: its paragraphs, or else its words, or
 * else its bare transcript over the whole `span`.
 */
export function channelSegments(channel: unknown, number: number, span: Span): Segment[] {
  const alternative = list(field(channel, "alternatives"))[0];
  const origin = { channel: number, language: channelLanguage(channel) };
  const spoken = spokenWords(field(alternative, "words"), span.start);
  const paragraphs = paragraphSegments(alternative, spoken, origin);
  if (paragraphs.length > 0) return paragraphs;
  const transcript = text(field(alternative, "transcript"));
  if (spellMost(charsOf(spoken), transcript.length)) return groupWords(spoken, origin);
  return bareTranscript(transcript, span, origin);
}

/** A transcript without words over its time; none without text. */
export function bareTranscript(transcript: string, span: Span, origin: Origin): Segment[] {
  if (transcript === "") return [];
  return cutLong({ ...span, ...origin, speaker: null, text: transcript, words: [] });
}

/** The language of a channel: the only one its first alternative has, else `detected_language`. */
export function channelLanguage(channel: unknown): string | null {
  const languages = list(field(list(field(channel, "alternatives"))[0], "languages"));
  const only = languages.length === 1 ? text(languages[0]) : "";
  return only || text(field(channel, "detected_language")) || null;
}
