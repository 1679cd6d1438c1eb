import * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";

// Deepgram adds members without notice: only those are named that something here depends on.

/** What Deepgram makes of audio. */
export const finishedTranscript = z.looseObject({
  metadata: z.looseObject({
    request_id: requestId,
    duration: z.number().optional().describe("Seconds of audio."),
    channels: z.int().optional(),
    models: z.array(z.string()).optional(),
    tags: z.array(z.string()).optional(),
    extra: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("`callback_secret` in it verifies the callback; it is masked before it is stored."),
    warnings: z.array(z.unknown()).optional(),
  }),
  results: z.looseObject({
    channels: z.array(z.unknown()).optional(),
    utterances: z.array(z.unknown()).optional(),
  }),
});

/** What Deepgram says when it can make nothing of it. */
export const failedTranscription = z.looseObject({
  request_id: requestId,
  err_code: z.string().optional(),
  err_msg: z.string().optional(),
});

/** One message of streaming audio. */
export const streamMessage = z.looseObject({
  type: z.enum(["Results", "Metadata", "UtteranceEnd", "SpeechStarted"]),
});

/** The body of a submission that says where the audio is. */
export const recording = z.looseObject({
  url: z.string().describe("Where Deepgram fetches the audio."),
});

/** What Deepgram answers to a submission with a callback. */
export const submitted = z.looseObject({ request_id: requestId });

/** What Deepgram answers when it refuses one; its members have had other names too. */
export const deepgramsError = z.looseObject({
  err_code: z.string().optional(),
  err_msg: z.string().optional(),
  request_id: z.string().optional(),
});
