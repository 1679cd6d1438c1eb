import { knownCredentials, withoutKnownCredentials } from "../auth/quoted-credentials.ts";
import type { Config } from "../config/config.ts";
import { createBodyReader } from "../deepgram/body-reader.ts";
import { isStreamMessage } from "../deepgram/callback.ts";
import { field, index, list, MAX_CHANNELS, text, time } from "../deepgram/fields.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";

/** A message of a stream as it comes, in bytes. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** The same as it is kept: a row of SQLite holds 2 MB, some of them for its other columns. */
export const MAX_KEPT_BYTES = 1_900_000;

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

/**
 * A message as it came over a WebSocket, every `callback_secret` in it masked; of one that is not about
 * the speech also the credentials of the receiver and of its job.
 */
export async function masked(
  data: string | ArrayBuffer,
  config: Config,
  job: string | null,
): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
  const reader = createBodyReader();
  reader.push(bytes);
  const { isJson, json } = reader.end();
  const isAboutSpeech = isJson && isStreamMessage(json);
  return new TextDecoder().decode(
    isAboutSpeech ? bytes : withoutKnownCredentials(bytes, await knownCredentials(config, job)),
  );
}
