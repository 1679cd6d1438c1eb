import { json, one } from "./answers.ts";
import { schemaRef } from "./components.ts";
import { REQUEST_ID } from "./example-callback.ts";
import { type HeaderName, optionalHeaders } from "./headers.ts";
import type { Answer } from "./specification.ts";

const PASSED_ON: HeaderName[] = ["dg-request-id", "dg-error", "Retry-After"];

/** A refusal of Deepgram's that is passed on. */
export const deepgramsOwn = (description: string): Answer => ({
  ...json("DeepgramError", description, {
    examples: one({
      err_code: "ASR_PAYMENT_REQUIRED",
      err_msg: "The project has no credits left.",
      request_id: REQUEST_ID,
    }),
  }),
  headers: optionalHeaders(PASSED_ON),
});

/** An answer of ours of whose status Deepgram's own may be too; the content type tells them apart. */
export const orDeepgrams = (ours: Answer): Answer => ({
  description: `${ours.description} Or Deepgram's refusal, unchanged.`,
  headers: optionalHeaders([...(Object.keys(ours.headers ?? {}) as HeaderName[]), ...PASSED_ON]),
  content: { ...ours.content, "application/json": { schema: schemaRef("DeepgramError") } },
});
