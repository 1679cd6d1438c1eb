import type { RequestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/parse-json.ts";
import { field, list, probability, text } from "../transcript/segments/fields.ts";
import { sentenceSeparator } from "../transcript/segments/join-words.ts";
import type { Kind } from "./message.ts";
import type { KeptMessage } from "./message-table.ts";
import { metadataOf } from "./metadata.ts";
import { createOverlapTrimmer } from "./overlap.ts";

/** What a document is made of; messages come in order of channel, time, duration (longest first). */
export type Messages = {
  requestId: RequestId;
  /** Whether more is to come. */
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

type Told = { alternatives: number; detectedLanguage: string };

function* channelParts(messages: Messages, channel: number): Generator<string> {
  const told: Told = { alternatives: 1, detectedLanguage: "" };
  yield '{"alternatives":[';
  for (let number = 0; number < told.alternatives; number++) {
    if (number > 0) yield ",";
    const speech = () => alternativesOf(messages, channel, number, told);
    yield* alternativeParts(speech);
  }
  const { detectedLanguage } = told;
  yield detectedLanguage === ""
    ? "]}"
    : `],"detected_language":${JSON.stringify(detectedLanguage)}}`;
}

/** The same alternative of every final that has it. */
function* alternativesOf(
  messages: Messages,
  channel: number,
  number: number,
  told: Told,
): Generator<unknown> {
  for (const final of finalsOf(messages, channel)) {
    const its = field(final, "channel");
    const alternatives = list(field(its, "alternatives"));
    told.alternatives = Math.max(told.alternatives, alternatives.length);
    told.detectedLanguage ||= text(field(its, "detected_language"));
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
