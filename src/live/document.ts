import { field, list, probability, text } from "../deepgram/fields.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";
import { mergeByTime, nearlyInOrder } from "../transcript/segments/merge-by-time.ts";
import { joinWords, sentenceSeparator } from "../transcript/segments/scripts.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { type SpokenWord, spokenWords } from "../transcript/segments/spoken-words.ts";
import type { Kind } from "./message.ts";
import type { KeptMessage } from "./message-table.ts";
import { metadataOf, SLACK_SECONDS } from "./metadata.ts";

/** What a document is made of; messages come in order of channel, time, duration (longest first). */
export type Messages = {
  requestId: RequestId;
  /** Whether the stream is still open. */
  isLive: boolean;
  /** The number of channels, and the seconds of audio, that finals tell of. */
  channels: number;
  end: number;
  /** The same of the results that were not final. */
  interims: { channels: number; end: number };
  select: (
    kind: Kind,
    channel?: number,
  ) => Iterable<Pick<KeptMessage, "channel" | "start" | "duration" | "json">>;
};

/**
 * One document of the form of a pre-recorded transcript from the messages of a stream, in parts. It
 * depends on what the messages say alone, not on when or how often they came.
 */
export function* documentParts(messages: Messages): Generator<string> {
  yield `{"metadata":${JSON.stringify(metadataOf(messages))},"results":{"channels":[`;
  for (let channel = 0; channel < messages.channels; channel++) {
    if (channel > 0) yield ",";
    yield* channelParts(messages, channel);
  }
  yield "]";
  yield* marksParts("utterance_ends", messages, "utterance-end", "last_word_end");
  yield* marksParts("speech_starts", messages, "speech-started", "timestamp");
  yield "}}";
}

/**
 * The finals of a channel in order of time. Of those that begin at the same time the first counts: the
 * longest. Words that an earlier one has are not repeated.
 */
export function* finalsOf(messages: Pick<Messages, "select">, channel: number): Generator<unknown> {
  const trimmed = createOverlapTrimmer();
  let last: number | undefined;
  for (const { start, json } of messages.select("final", channel)) {
    if (start !== last) yield trimmed(parseJson(json));
    last = start;
  }
}

type ChannelFacts = { alternatives: number; detectedLanguage: string };

function* channelParts(messages: Messages, channel: number): Generator<string> {
  const facts: ChannelFacts = { alternatives: 1, detectedLanguage: "" };
  yield '{"alternatives":[';
  for (let number = 0; number < facts.alternatives; number++) {
    if (number > 0) yield ",";
    const speech = () => alternativesOf(messages, channel, number, facts);
    yield* alternativeParts(speech);
  }
  const { detectedLanguage } = facts;
  yield detectedLanguage === ""
    ? "]}"
    : `],"detected_language":${JSON.stringify(detectedLanguage)}}`;
}

/** The same alternative of every final that has it. */
function* alternativesOf(
  messages: Messages,
  channel: number,
  number: number,
  facts: ChannelFacts,
): Generator<unknown> {
  for (const final of finalsOf(messages, channel)) {
    const its = field(final, "channel");
    const alternatives = list(field(its, "alternatives"));
    facts.alternatives = Math.max(facts.alternatives, alternatives.length);
    facts.detectedLanguage ||= text(field(its, "detected_language"));
    if (number < alternatives.length) yield alternatives[number];
  }
}

/** Reads the speech twice, so that it is never held whole. */
function* alternativeParts(speech: () => Generator<unknown>): Generator<string> {
  const sure = { sum: 0, count: 0 };
  const languages = new Set<string>();
  let previous = "";
  yield '{"transcript":"';
  for (const alternative of speech()) {
    const transcript = text(field(alternative, "transcript"));
    if (transcript !== "") {
      const separator = previous === "" ? "" : sentenceSeparator(previous, transcript);
      yield JSON.stringify(separator + transcript).slice(1, -1);
      previous = transcript;
    }
    for (const language of list(field(alternative, "languages"))) languages.add(text(language));
    for (const confidence of confidencesOf(alternative, transcript)) {
      sure.sum += confidence;
      sure.count++;
    }
  }
  const confidence = sure.count === 0 ? 0 : Number((sure.sum / sure.count).toFixed(7));
  yield `","confidence":${confidence},"words":[`;
  let isFirst = true;
  for (const alternative of speech()) {
    const words = list(field(alternative, "words"));
    if (words.length === 0) continue;
    yield (isFirst ? "" : ",") + JSON.stringify(words).slice(1, -1);
    isFirst = false;
  }
  yield languages.size === 0 ? "]}" : `],"languages":${JSON.stringify([...languages])}}`;
}

/** Of its words, or of all of it where they tell none. */
function confidencesOf(alternative: unknown, transcript: string): number[] {
  const words = list(field(alternative, "words"));
  const sure = words.flatMap((word) => probability(field(word, "confidence")) ?? []);
  if (sure.length > 0 || transcript === "") return sure;
  return [probability(field(alternative, "confidence")) ?? []].flat();
}

/** Messages without speech: where they are, as Deepgram names it. */
function* marksParts(
  name: string,
  messages: Messages,
  kind: Kind,
  member: string,
): Generator<string> {
  let isFirst = true;
  for (const { channel, start } of messages.select(kind)) {
    yield isFirst ? `,"${name}":[` : ",";
    yield JSON.stringify({ channel, [member]: start });
    isFirst = false;
  }
  if (!isFirst) yield "]";
}

/** A word of a later final that begins so near to the same word of an earlier one is that word. */
const SAME_WORD_SECONDS = 0.2;
/** So much of the shorter of two words is spoken at the same time when they are the same speech. */
const SAME_SPEECH_SHARE = 0.5;
/** Words may begin a little before the result that has them. */
const LOOK_BACK_SECONDS = 1;

type Members = Record<string, unknown>;
type TimedWord = SpokenWord["word"];

/**
 * Takes the finals of a channel in order of their start, and gives each without the words that an
 * earlier one has: Deepgram may transcribe the same audio in two results. A final that overlaps none
 * is given as it came.
 */
function createOverlapTrimmer(): (final: unknown) => unknown {
  /** Seconds up to which the audio is in a final. */
  let end = 0;
  /** Of each alternative the words that may be met again. */
  const shown: TimedWord[][] = [];

  return (final) => {
    const start = Number(field(final, "start") ?? 0);
    const isOverlapping = start < end - SLACK_SECONDS;
    end = Math.max(end, start + Number(field(final, "duration") ?? 0));
    const channel = field(final, "channel");
    const alternatives = list(field(channel, "alternatives")).map((alternative, number) => {
      const before = (shown[number] ?? []).filter((word) => word.end > start - LOOK_BACK_SECONDS);
      const trimmed = isOverlapping ? withoutWords(alternative, before, start) : alternative;
      const words = spokenWords(field(trimmed, "words"), start).map(({ word }) => word);
      shown[number] = [...before, ...words];
      return trimmed;
    });
    if (!isOverlapping) return final;
    return { ...(final as Members), channel: { ...(channel as Members), alternatives } };
  };
}

/** An alternative without the words that are among others; as it is when none is. */
function withoutWords(alternative: unknown, others: TimedWord[], start: number): unknown {
  const words = list(field(alternative, "words"));
  const kept = words.filter((word) => {
    const [spoken] = spokenWords([word], start);
    return spoken === undefined || !others.some((other) => isSameSpeech(spoken.word, other));
  });
  if (kept.length === words.length) return alternative;
  const transcript = joinWords(spokenWords(kept, start).map(({ word }) => text(word.text)));
  return { ...(alternative as Members), transcript, words: kept };
}

function isSameSpeech(one: TimedWord, other: TimedWord): boolean {
  const isNear = Math.abs(one.start - other.start) < SAME_WORD_SECONDS;
  if (isNear && one.text.toLowerCase() === other.text.toLowerCase()) return true;
  const together = Math.min(one.end, other.end) - Math.max(one.start, other.start);
  const shorter = Math.min(one.end - one.start, other.end - other.start);
  return together > 0 && together >= shorter * SAME_SPEECH_SHARE;
}

/** The segments of a stream so far, all channels in order of time. */
export function liveSegments(messages: Messages): AsyncIterable<Segment> {
  const numbers = [...Array(messages.channels).keys()];
  return nearlyInOrder(mergeByTime(numbers.map((channel) => channelSegments(messages, channel))));
}

async function* channelSegments(messages: Messages, channel: number): AsyncGenerator<Segment[]> {
  for (const final of finalsOf(messages, channel)) yield segments(final);
}
