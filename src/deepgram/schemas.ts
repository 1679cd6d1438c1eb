import * as z from "zod";
import { requestId } from "./request-id.ts";

// Deepgram's bodies for the API document, as Deepgram documents them. Nothing here is refused by them:
// Deepgram adds members without notice and leaves documented ones out.

const seconds = z.number().describe("Seconds from the start of the audio.").optional();
const confidence = z.number().describe("0 to 1.").optional();
const speaker = z.int().describe("Its number, from 0; with diarization.").optional();

const sentiment = {
  sentiment: z.string().describe("`positive`, `neutral` or `negative`.").optional(),
  sentiment_score: z.number().describe("-1 to 1.").optional(),
};

/** Of a transcript these words are the n-th to the m-th of all. */
const passage = {
  text: z.string().optional(),
  start_word: z.int().describe("Index of the first word.").optional(),
  end_word: z.int().describe("Index of the last word.").optional(),
};

const word = z
  .looseObject({
    word: z.string(),
    punctuated_word: z.string().describe("With `punctuate` or `smart_format`.").optional(),
    start: seconds,
    end: seconds,
    confidence,
    speaker,
    speaker_confidence: confidence,
    language: z.string().describe("BCP 47 tag; with `language=multi`.").optional(),
    ...sentiment,
  })
  .meta({ id: "DeepgramWord" });

const paragraphs = z.looseObject({
  transcript: z.string().optional(),
  paragraphs: z
    .array(
      z.looseObject({
        sentences: z
          .array(z.looseObject({ text: z.string(), start: seconds, end: seconds, ...sentiment }))
          .optional(),
        start: seconds,
        end: seconds,
        num_words: z.int().optional(),
        speaker,
        ...sentiment,
      }),
    )
    .optional(),
});

const entity = z.looseObject({
  label: z.string(),
  value: z.string().optional(),
  raw_value: z.string().optional(),
  confidence,
  start_word: passage.start_word,
  end_word: passage.end_word,
});

const alternative = z
  .looseObject({
    transcript: z.string().optional(),
    confidence,
    words: z.array(word).optional(),
    paragraphs: paragraphs.describe("With `paragraphs` or `smart_format`.").optional(),
    entities: z.array(entity).describe("With `detect_entities`.").optional(),
    languages: z.array(z.string()).describe("With `language=multi`.").optional(),
  })
  .meta({ id: "DeepgramAlternative" });

const channel = z
  .looseObject({
    alternatives: z.array(alternative).describe("The best first.").optional(),
    detected_language: z.string().describe("BCP 47 tag; with `detect_language`.").optional(),
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
                snippet: z.string().optional(),
              }),
            )
            .optional(),
        }),
      )
      .describe("With `search`.")
      .optional(),
  })
  .meta({ id: "DeepgramChannel" });

const utterance = z
  .looseObject({
    id: z.string().optional(),
    start: seconds,
    end: seconds,
    confidence,
    channel: z.int().describe("Index into `channels`, from 0.").optional(),
    transcript: z.string().optional(),
    words: z.array(word).optional(),
    speaker,
    ...sentiment,
  })
  .meta({ id: "DeepgramUtterance" });

const scored = (name: "topic" | "intent") =>
  z.array(z.looseObject({ [name]: z.string(), confidence_score: confidence })).optional();

const results = z
  .looseObject({
    channels: z.array(channel).optional(),
    utterances: z.array(utterance).describe("With `utterances`.").optional(),
    summary: z
      .looseObject({
        result: z.string().describe("`success` or `failure`.").optional(),
        short: z.string().optional(),
        text: z.string().describe("Of `/v1/read`.").optional(),
      })
      .describe("With `summarize`.")
      .optional(),
    topics: z
      .looseObject({
        segments: z.array(z.looseObject({ ...passage, topics: scored("topic") })).optional(),
      })
      .describe("With `topics`.")
      .optional(),
    intents: z
      .looseObject({
        segments: z.array(z.looseObject({ ...passage, intents: scored("intent") })).optional(),
      })
      .describe("With `intents`.")
      .optional(),
    sentiments: z
      .looseObject({
        segments: z.array(z.looseObject({ ...passage, ...sentiment })).optional(),
        average: z.looseObject(sentiment).optional(),
      })
      .describe("With `sentiment`.")
      .optional(),
  })
  .meta({ id: "DeepgramResults" });

/** What Deepgram makes of audio, or of a text (`/v1/read`). */
export const finishedTranscript = z
  .looseObject({
    metadata: z.looseObject({
      request_id: requestId,
      sha256: z.string().describe("Of the audio, in hexadecimal.").optional(),
      created: z.string().describe("ISO 8601.").optional(),
      duration: z.number().optional().describe("Seconds of audio."),
      channels: z.int().optional(),
      models: z.array(z.string()).optional(),
      model_info: z
        .record(z.string(), z.unknown())
        .describe("`name`, `version` and `arch` of each model, by its id.")
        .optional(),
      tags: z.array(z.string()).optional(),
      extra: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          "`callback_secret` in it verifies the callback; it is masked before it is stored.",
        ),
      warnings: z.array(z.unknown()).optional(),
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
