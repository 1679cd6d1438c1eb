import * as z from "zod";
import { requestId } from "./request-id.ts";

// Deepgram's bodies for the API document, as Deepgram documents them. They refuse nothing: Deepgram adds
// members without notice, and leaves documented ones out or null.

const seconds = z.number().describe("Seconds from the start of the audio.").nullish();
const confidence = z.number().describe("0 to 1.").nullish();
const speaker = z.int().describe("Its number, from 0; with diarization.").nullish();

const sentiment = {
  sentiment: z.string().describe("`positive`, `neutral` or `negative`.").nullish(),
  sentiment_score: z.number().describe("-1 to 1.").nullish(),
};

/** Of a transcript these words are the n-th to the m-th of all. */
const passage = {
  text: z.string().nullish(),
  start_word: z.int().describe("Index of the first word.").nullish(),
  end_word: z.int().describe("Index of the last word.").nullish(),
};

const word = z
  .looseObject({
    word: z.string(),
    punctuated_word: z.string().describe("With `punctuate` or `smart_format`.").nullish(),
    start: seconds,
    end: seconds,
    confidence,
    speaker,
    speaker_confidence: confidence,
    language: z.string().describe("BCP 47 tag; with `language=multi`.").nullish(),
    ...sentiment,
  })
  .meta({ id: "DeepgramWord" });

const paragraphs = z.looseObject({
  transcript: z.string().nullish(),
  paragraphs: z
    .array(
      z.looseObject({
        sentences: z
          .array(z.looseObject({ text: z.string(), start: seconds, end: seconds, ...sentiment }))
          .nullish(),
        start: seconds,
        end: seconds,
        num_words: z.int().nullish(),
        speaker,
        ...sentiment,
      }),
    )
    .nullish(),
});

const entity = z.looseObject({
  label: z.string(),
  value: z.string().nullish(),
  raw_value: z.string().nullish(),
  confidence,
  start_word: passage.start_word,
  end_word: passage.end_word,
});

const alternative = z
  .looseObject({
    transcript: z.string().nullish(),
    confidence,
    words: z.array(word).nullish(),
    paragraphs: paragraphs.describe("With `paragraphs` or `smart_format`.").nullish(),
    entities: z.array(entity).describe("With `detect_entities`.").nullish(),
    languages: z.array(z.string()).describe("With `language=multi`.").nullish(),
  })
  .meta({ id: "DeepgramAlternative" });

const channel = z
  .looseObject({
    alternatives: z.array(alternative).describe("The best first.").nullish(),
    detected_language: z.string().describe("BCP 47 tag; with `detect_language`.").nullish(),
    language_confidence: confidence,
    search: z
      .array(
        z.looseObject({
          query: z.string(),
          hits: z
            .array(
              z.looseObject({
                confidence,
                start: seconds,
                end: seconds,
                snippet: z.string().nullish(),
              }),
            )
            .nullish(),
        }),
      )
      .describe("With `search`.")
      .nullish(),
  })
  .meta({ id: "DeepgramChannel" });

const utterance = z
  .looseObject({
    id: z.string().nullish(),
    start: seconds,
    end: seconds,
    confidence,
    channel: z.int().describe("Index into `channels`, from 0.").nullish(),
    transcript: z.string().nullish(),
    words: z.array(word).nullish(),
    speaker,
    ...sentiment,
  })
  .meta({ id: "DeepgramUtterance" });

const scored = (name: "topic" | "intent") =>
  z.array(z.looseObject({ [name]: z.string(), confidence_score: confidence })).nullish();

const results = z
  .looseObject({
    channels: z.array(channel).nullish(),
    utterances: z.array(utterance).describe("With `utterances`.").nullish(),
    summary: z
      .looseObject({
        result: z.string().describe("`success` or `failure`.").nullish(),
        short: z.string().nullish(),
        text: z.string().describe("Of `/v1/read`.").nullish(),
      })
      .describe("With `summarize`.")
      .nullish(),
    topics: z
      .looseObject({
        segments: z.array(z.looseObject({ ...passage, topics: scored("topic") })).nullish(),
      })
      .describe("With `topics`.")
      .nullish(),
    intents: z
      .looseObject({
        segments: z.array(z.looseObject({ ...passage, intents: scored("intent") })).nullish(),
      })
      .describe("With `intents`.")
      .nullish(),
    sentiments: z
      .looseObject({
        segments: z.array(z.looseObject({ ...passage, ...sentiment })).nullish(),
        average: z.looseObject(sentiment).nullish(),
      })
      .describe("With `sentiment`.")
      .nullish(),
  })
  .meta({ id: "DeepgramResults" });

/** What Deepgram makes of audio, or of a text (`/v1/read`). */
export const finishedTranscript = z
  .looseObject({
    metadata: z.looseObject({
      request_id: requestId,
      sha256: z.string().describe("Of the audio, in hexadecimal.").nullish(),
      created: z.string().describe("ISO 8601.").nullish(),
      duration: z.number().nullish().describe("Seconds of audio."),
      channels: z.int().nullish(),
      models: z.array(z.string()).nullish(),
      model_info: z
        .record(z.string(), z.unknown())
        .describe("`name`, `version` and `arch` of each model, by its id.")
        .nullish(),
      tags: z.array(z.string()).nullish(),
      extra: z
        .record(z.string(), z.unknown())
        .nullish()
        .describe(
          "`callback_secret` in it verifies the callback; it is masked before it is stored.",
        ),
      warnings: z.array(z.unknown()).nullish(),
    }),
    results,
  })
  .meta({ id: "FinishedTranscript" });

/** What Deepgram says when it can make nothing of it. */
export const failedTranscription = z
  .looseObject({
    request_id: requestId,
    err_code: z.string().optional(),
    err_msg: z.string().optional(),
  })
  .meta({ id: "FailedTranscription" });

/** One message of streaming audio. */
export const streamMessage = z
  .looseObject({ type: z.enum(["Results", "Metadata", "UtteranceEnd", "SpeechStarted"]) })
  .meta({ id: "StreamMessage" });

/** The body of a submission that says where the audio is. */
export const recording = z
  .looseObject({ url: z.string().describe("Where Deepgram fetches the audio.") })
  .meta({ id: "Recording" });

/** What Deepgram answers to a submission with a callback. */
export const submitted = z.looseObject({ request_id: requestId }).meta({ id: "Submitted" });

/** What Deepgram answers when it refuses one; its members have had other names too. */
export const refusal = z
  .looseObject({
    err_code: z.string().optional(),
    err_msg: z.string().optional(),
    request_id: z.string().optional(),
  })
  .meta({ id: "DeepgramError" });
