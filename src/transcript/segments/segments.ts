import { field, index, list, text, time } from "../../deepgram/fields.ts";
import { wordWindow } from "./claim-words.ts";
import { cutLong } from "./cut-long.ts";
import { matchWords } from "./match-words.ts";
import { byTime } from "./merge-by-time.ts";
import type { Segment } from "./segment.ts";
import { spacedWith } from "./spacing.ts";
import {
  channelOf,
  charsOf,
  type SpokenWord,
  spellMost,
  spokenWords,
  timedSentences,
  utteranceGroup,
  type WordGroup,
} from "./spoken-words.ts";
import { groupWords, type Origin } from "./words-to-segments.ts";

/** Seconds from the start of the audio that a body, or a streamed message, speaks for. */
export type Span = { start: number; end: number };

type IsElsewhere = (group: WordGroup) => boolean;

/** Words that are matched with groups at a time. */
const PART_WORDS = 64;

/**
 * The segments of a Deepgram body, all channels in order of time: of the answer to `/v1/listen`, each
 * word of `results.channels` once, or else what `results.utterances` or the transcript have; or of one
 * streamed `Results` message. Any other JSON value gives none; fields of a wrong type count as absent.
 */
export function segments(body: unknown): Segment[] {
  const found = field(body, "type") === "Results" ? streamed(body) : transcribed(body);
  return found.sort(byTime);
}

function streamed(message: unknown): Segment[] {
  const number = index(list(field(message, "channel_index"))[0]) ?? 0;
  const start = time(field(message, "start")) ?? 0;
  const end = start + (time(field(message, "duration")) ?? 0);
  const channel = field(message, "channel");
  const spoken = spokenWords(field(alternativeOf(channel), "words"), start);
  const found = channelSegments(channel, spoken, number, { start, end });
  return found.map(spacedWith(transcriptOf(channel)));
}

function transcribed(body: unknown): Segment[] {
  const results = field(body, "results");
  const channels = list(field(results, "channels"));
  const span = { start: 0, end: time(field(field(body, "metadata"), "duration")) ?? 0 };
  const spoken = channels.map((channel) => spokenWords(field(alternativeOf(channel), "words"), 0));
  const groups = groupsByChannel(list(field(results, "utterances")));
  const numbers = new Set([...channels.keys(), ...groups.keys()]);
  return [...numbers].flatMap((number) => {
    const channel = channels[number];
    const own = spoken[number] ?? [];
    const origin = { channel: number, language: channelLanguage(channel) };
    const isElsewhere = lookingIn(spoken.filter((words) => words !== own));
    const grouped = matched(groups.get(number) ?? [], own, origin, isElsewhere);
    const found = grouped.length > 0 ? grouped : channelSegments(channel, own, number, span);
    return found.map(spacedWith(transcriptOf(channel)));
  });
}

function groupsByChannel(utterances: readonly unknown[]): Map<number, WordGroup[]> {
  const groups = new Map<number, WordGroup[]>();
  for (const utterance of utterances) {
    const group = utteranceGroup(utterance);
    if (group === null) continue;
    const number = channelOf(utterance);
    const others = groups.get(number);
    if (others === undefined) groups.set(number, [group]);
    else others.push(group);
  }
  return groups;
}

/** The segments of groups and of the channel's words, as `matchWords` says; none without a group. */
function matched(
  groups: readonly WordGroup[],
  spoken: readonly SpokenWord[],
  origin: Origin,
  isElsewhere: IsElsewhere,
): Segment[] {
  if (groups.length === 0) return [];
  const matcher = matchWords(origin);
  let given = 0;
  const give = () => {
    matcher.give(spoken.slice(given, given + PART_WORDS));
    given += PART_WORDS;
    if (given >= spoken.length) matcher.end();
  };
  const close = () => {
    let listing = matcher.claim();
    for (; listing === null; listing = matcher.claim()) give();
    matcher.close(listing.filter(isElsewhere));
  };
  for (const group of groups) {
    if (!matcher.joins(group)) close();
    matcher.add(group);
  }
  close();
  while (given < spoken.length) give();
  matcher.end();
  matcher.rest();
  return matcher.take();
}

/** Looks for what groups list in the words of other channels. */
function lookingIn(channels: readonly (readonly SpokenWord[])[]): IsElsewhere {
  const seekers = channels.map((words) => {
    let window = wordWindow();
    let given = 0;
    return (group: WordGroup): boolean => {
      if (window.isPast(group)) [window, given] = [wordWindow(), 0];
      while (!window.isReady(group)) {
        window.give(words.slice(given, given + PART_WORDS));
        given += PART_WORDS;
        if (given >= words.length) window.end();
      }
      return window.has(group);
    };
  });
  return (group) => seekers.some((isIn) => isIn(group));
}

/**
 * Segments from the first alternative of a Deepgram channel: its paragraphs, or else its words, or
 * else its bare transcript over the whole `span`.
 */
function channelSegments(
  channel: unknown,
  spoken: readonly SpokenWord[],
  number: number,
  span: Span,
): Segment[] {
  const alternative = alternativeOf(channel);
  const origin = { channel: number, language: channelLanguage(channel) };
  const paragraphs = list(field(field(alternative, "paragraphs"), "paragraphs"));
  const sentences = matched(timedSentences(paragraphs) ?? [], spoken, origin, () => false);
  if (sentences.length > 0) return sentences;
  const transcript = transcriptOf(channel);
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
  const languages = list(field(alternativeOf(channel), "languages"));
  const only = languages.length === 1 ? text(languages[0]) : "";
  return only || text(field(channel, "detected_language")) || null;
}

const alternativeOf = (channel: unknown): unknown => list(field(channel, "alternatives"))[0];

const transcriptOf = (channel: unknown): string =>
  text(field(alternativeOf(channel), "transcript"));
