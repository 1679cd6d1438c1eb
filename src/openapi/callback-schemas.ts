import * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";

// Deepgram adds members without notice: only those that a callback is known by are named.

const id = requestId.meta({ format: "uuid" });

/** What Deepgram makes of audio. */
export const finishedTranscript = z.looseObject({
  metadata: z.looseObject({
    request_id: id,
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
  request_id: id,
  err_code: z.string().optional(),
  err_msg: z.string().optional(),
});
