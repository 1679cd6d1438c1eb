import { float32 } from "../support/bodies/float32.ts";
import { requestIdFrom } from "../support/bodies/ids.ts";
import { type SpokenWord, speech, type Turn } from "../support/bodies/speech.ts";

/** A message of streaming audio, and when Deepgram sends it: seconds of audio. */
export type ScriptedMessage = { at: number; message: Record<string, unknown> };

export type StreamScript = { requestId: string; duration: number; messages: ScriptedMessage[] };

export type ScriptOptions = {
  seed?: number;
  requestId?: string;
  channels?: number;
  /** How many times somebody speaks. */
  turns?: number;
  /** Also results that may yet change, one a second. */
  interims?: boolean;
  /** Also `SpeechStarted` and `UtteranceEnd`, which have no id. */
  marks?: boolean;
  extra?: Record<string, unknown>;
  tags?: string[];
};

const MODEL_UUID = "40bd3654-e622-47c4-a111-63a61b23bfe8";
const MODEL_INFO = { name: "general-nova-3", version: "2025-04-17.21547", arch: "nova-3" };
const FINAL_WORDS = 8;
const INTERIM_WORDS = 2;
/** Between the end of a word and the result that has it. */
const LAG_SECONDS = 0.3;

type Span = { channel: number; start: number; end: number };

/**
 * What Deepgram sends of a made-up conversation, in its order: per channel finals without a gap, then
 * the terminal message. Equal options give equal scripts.
 */
export function streamScript(options: ScriptOptions = {}): StreamScript {
  const { seed = 1, channels = 1, turns = 6, interims = true, marks = true } = options;
  const requestId = options.requestId ?? requestIdFrom(seed);
  const messages: ScriptedMessage[] = [];
  const ends = Array.from({ length: channels }, () => 0);
  const talk = speech({ seed, channels, speakers: Math.max(2, channels) });

  function result(
    span: Span,
    words: SpokenWord[],
    turn: Turn | null,
    isFinal: boolean,
    isLast: boolean,
  ) {
    const { channel, start, end } = span;
    messages.push({
      at: end + LAG_SECONDS,
      message: {
        type: "Results",
        channel_index: [channel, channels],
        duration: float32(end - start),
        start: float32(start),
        is_final: isFinal,
        speech_final: isFinal && isLast,
        channel: { alternatives: [alternative(words, turn)] },
        metadata: { request_id: requestId, model_info: MODEL_INFO, model_uuid: MODEL_UUID },
        from_finalize: false,
      },
    });
  }

  for (let count = 0; count < turns; count++) {
    const turn = talk.next().value;
    const { channel, words } = turn;
    const mark = { channel: [channel, channels] };
    const timestamp = words[0]!.start;
    if (marks)
      messages.push({ at: timestamp, message: { type: "SpeechStarted", ...mark, timestamp } });
    for (let from = 0; from < words.length; from += FINAL_WORDS) {
      const some = words.slice(from, from + FINAL_WORDS);
      const start = ends[channel]!;
      for (let to = INTERIM_WORDS; interims && to < some.length; to += INTERIM_WORDS) {
        result({ channel, start, end: some[to - 1]!.end }, some.slice(0, to), turn, false, false);
      }
      const end = some.at(-1)!.end;
      result({ channel, start, end }, some, turn, true, from + FINAL_WORDS >= words.length);
      ends[channel] = end;
    }
    const last_word_end = words.at(-1)!.end;
    const at = last_word_end + 1;
    if (marks) messages.push({ at, message: { type: "UtteranceEnd", ...mark, last_word_end } });
  }
  const duration = float32(Math.max(...ends) + 1);
  for (const [channel, start] of ends.entries()) {
    result({ channel, start, end: duration }, [], null, true, true);
  }
  messages.sort((one, other) => one.at - other.at);
  messages.push({ at: duration + 1, message: terminal(requestId, duration, channels, options) });
  return { requestId, duration, messages };
}

function alternative(words: SpokenWord[], turn: Turn | null) {
  const confidence = words[Math.floor(words.length / 2)]?.confidence ?? 0;
  return {
    transcript: words.map(({ written }) => written).join(" "),
    confidence,
    words: words.map(({ spoken, written, start, end, confidence }) => ({
      word: spoken,
      start,
      end,
      confidence,
      speaker: turn?.speaker ?? 0,
      punctuated_word: written,
    })),
  };
}

const terminal = (
  requestId: string,
  duration: number,
  channels: number,
  { extra, tags }: ScriptOptions,
) => ({
  type: "Metadata",
  transaction_key: "deprecated",
  request_id: requestId,
  sha256: "incomplete",
  created: "2026-11-02T09:00:00.000Z",
  duration,
  channels,
  models: [MODEL_UUID],
  model_info: { [MODEL_UUID]: MODEL_INFO },
  ...(extra && { extra }),
  ...(tags && { tags }),
});
