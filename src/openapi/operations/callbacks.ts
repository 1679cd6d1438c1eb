import { empty, problem, told } from "../answers.ts";
import { schemaRef } from "../components.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import type { RequestBody } from "../specification.ts";

const DESCRIPTION = `The URL to give Deepgram as \`callback\`. A body that is answered 2xx is stored: it can be read, byte for byte, in the next request. Of other bodies under the same \`request_id\` the first stays current, and the status lists the rest.

A callback is verified by Basic Auth, or by \`metadata.extra.callback_secret\` in its body. Deepgram comes back 30 s after an answer that is not 2xx, ten times.`;

/** `/hook`. */
export function callbackOperations(examples: Examples): Described[] {
  const describe = (method: "post" | "put", operationId: string, summary: string): Described => ({
    method,
    path: "/hook",
    tag: "Receiving",
    scope: null,
    security: [{ callback: [] }, {}],
    operationId,
    summary,
    description: DESCRIPTION,
    requestBody: requestBody(examples),
    responses: RESPONSES,
  });
  return [
    describe("post", "receiveCallback", "Receive a callback"),
    describe("put", "receiveCallbackByPut", "Receive a callback by PUT (`callback_method=put`)"),
  ];
}

const requestBody = ({ callback, failed }: Examples): RequestBody => ({
  description:
    "What Deepgram sends: a transcript, or an error with its `request_id`. Of any content type, and up to `MAX_CALLBACK_BYTES` long.",
  required: true,
  content: {
    "application/json": {
      schema: { anyOf: [schemaRef("FinishedTranscript"), schemaRef("FailedTranscription")] },
      examples: {
        transcript: { summary: "A transcript", value: callback },
        error: { summary: "An error", value: failed.callback },
      },
    },
  },
});

const RESPONSES: Described["responses"] = {
  200: empty("It is stored, was stored before, or the transcript was deleted meanwhile."),
  400: problem("The body ended before all of it had come.", [
    told(400, "Bad Request", "The body ended before all of it had come."),
  ]),
  401: problem(
    "No or wrong credentials: nothing is stored.",
    [told(401, "Unauthorized", "The callback has no valid credentials.")],
    { headers: ["WWW-Authenticate"] },
  ),
  413: problem("The body is longer than `MAX_CALLBACK_BYTES`.", [
    told(413, "Content Too Large", "The body is larger than this receiver takes."),
  ]),
  422: problem(
    "The callback is verified, but no result that can be matched (empty, not JSON, without an id): it is kept in quarantine, once for each digest.",
    [
      told(
        422,
        "Unprocessable Content",
        "The body is not a result that can be matched to a request; it is kept in quarantine.",
      ),
    ],
  ),
  503: problem(
    "The storage does not answer, or no credentials are configured.",
    [
      told(503, "Service Unavailable", "The callback could not be stored."),
      told(503, "Service Unavailable", "No callback credentials are configured."),
    ],
    { headers: ["Retry-After"] },
  ),
};
