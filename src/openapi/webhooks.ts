import * as z from "zod";
import { KINDS } from "../deepgram/callback.ts";
import type { OpenApiDocument, Schema } from "./specification.ts";

const time = z.iso.datetime();

/** What a webhook endpoint is sent; more facts of the status stand in `data`. */
export const webhookMessage = z.object({
  type: z.enum([
    "transcript.received",
    "transcript.failed",
    "transcript.overdue",
    "transcript.updated",
    "translation.completed",
  ]),
  timestamp: time,
  data: z.looseObject({
    request_id: z.string(),
    url: z.url(),
    sha256: z
      .string()
      .optional()
      .describe("Of the stored body, in hexadecimal; absent of one that has not come."),
    kind: z
      .enum(KINDS)
      .nullable()
      .optional()
      .describe("Of a result: `text` is one of `/v1/read`; null of a failure."),
    language: z.string().optional().describe("Of `translation.completed`."),
    state: z
      .enum(["received", "failed"])
      .optional()
      .describe("Of `transcript.updated`: what the current body is."),
    replaced: z
      .string()
      .optional()
      .describe("Of `transcript.updated`: the SHA-256 of the body that was current before."),
  }),
});

type Type = z.infer<typeof webhookMessage>["type"];

const DESCRIPTIONS: Record<Type, string> = {
  "transcript.received": "A transcript has come, also in the place of a failure.",
  "transcript.failed": "Deepgram could not transcribe the audio.",
  "transcript.overdue": "Deepgram's callback has not come within its time.",
  "transcript.updated":
    "Another body has taken the place of the current one: a stream's fuller document, or one that an operator promoted. Read the transcript again.",
  "translation.completed":
    "A translation has ended; it is sent again for each body that becomes the current one.",
};

/** What endpoints in `WEBHOOK_ENDPOINTS` are sent, in the form of Standard Webhooks. */
export const webhooks = (schema: Schema): NonNullable<OpenApiDocument["webhooks"]> =>
  Object.fromEntries(
    Object.entries(DESCRIPTIONS).map(([type, description]) => [
      type,
      {
        post: {
          operationId: type,
          summary: type,
          description: `${description} Every attempt has the same \`webhook-id\`; one that an operator asks for again has another.`,
          requestBody: {
            description: "Signed in the header `webhook-signature`.",
            required: true,
            content: { "application/json": { schema } },
          },
          responses: {
            "2XX": { description: "It is taken." },
            410: { description: "The endpoint is sent nothing more." },
          },
        },
      },
    ]),
  );
