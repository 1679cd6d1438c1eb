import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";
import { field, index, list, text, time } from "../transcript/segments/fields.ts";
import { MAX_CHANNELS } from "../transcript/segments/limits.ts";

/** `note`: anything else that comes by the same way, for example an error. */
export type Kind = "interim" | "final" | "metadata" | "utterance-end" | "speech-started" | "note";

/** A message of streaming audio. Times are seconds from the start of the audio. */
export type LiveMessage = {
  kind: Kind;
  /** Null in messages that have none. */
  requestId: RequestId | null;
  channel: number;
  start: number;
  duration: number;
  /** Whether a result has words. */
  hasSpeech: boolean;
  /** What makes two messages the same, besides kind, channel and times; JSON. */
  content: string;
  /** The whole message, compact. */
  json: string;
};

/** Reads one message; whatever is not one of Deepgram's four is a note. */
export function liveMessage(body: string): LiveMessage {
  const json = parseJson(body);
  const compact = json === undefined ? JSON.stringify(body) : oneLine(json, body);
  const channel = channelOf(json);
  const message = {
    channel,
    start: 0,
    duration: 0,
    hasSpeech: false,
    requestId: idOf(json),
    content: compact,
    json: compact,
  };
  if (channel >= MAX_CHANNELS) return { ...message, kind: "note", channel: 0 };
  switch (field(json, "type")) {
    case "Results": {
      const kind = field(json, "is_final") === false ? "interim" : "final";
      const start = time(field(json, "start")) ?? 0;
      const duration = time(field(json, "duration")) ?? 0;
      const content = oneLine(field(json, "channel"), compact) ?? "";
      const hasSpeech = hasTranscript(field(json, "channel"));
      return { ...message, kind, start, duration, hasSpeech, content };
    }
    case "Metadata":
      return { ...message, kind: "metadata", channel: 0 };
    case "UtteranceEnd":
      return { ...message, kind: "utterance-end", start: time(field(json, "last_word_end")) ?? 0 };
    case "SpeechStarted":
      return { ...message, kind: "speech-started", start: time(field(json, "timestamp")) ?? 0 };
    default:
      return { ...message, kind: "note", channel: 0 };
  }
}

const hasTranscript = (channel: unknown): boolean =>
  list(field(channel, "alternatives")).some((one) => text(field(one, "transcript")) !== "");

/**
 * JSON without white space. Of a value that nests too deep for `JSON.stringify`, which is recursive, the
 * text that it was parsed from, on one line.
 */
function oneLine(json: unknown, source: string): string {
  try {
    return JSON.stringify(json);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return source.replace(/[\r\n]/g, " ");
  }
}

const idOf = (json: unknown): RequestId | null =>
  parseRequestId(field(field(json, "metadata"), "request_id") ?? field(json, "request_id"));

/** `channel_index` of `Results`, `channel` of the messages without speech: `[number, of how many]`. */
const channelOf = (json: unknown): number =>
  index(list(field(json, "channel_index"))[0]) ?? index(list(field(json, "channel"))[0]) ?? 0;
