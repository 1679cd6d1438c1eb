import { quarantinedDetail } from "../../receive/answer.ts";
import type { Unmatched } from "../../receive/unmatched.ts";
import { empty, oneOf, problem, told } from "../answers.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import { jobParameter } from "../parameters.ts";
import type { RequestBody } from "../specification.ts";

const DESCRIPTION = `The URL to give Deepgram as \`callback\`. A body that is answered 2xx is stored: it can be read, byte for byte, in the next request. Of several bodies under the same \`request_id\` a transcript is current over a failure, a stream's fuller document over its shorter one, and otherwise the first; the status lists the rest under \`conflicts\`.

A callback is verified by Basic Auth, or by \`metadata.extra.callback_secret\` in its body. Deepgram comes back 30 s after an answer that is not 2xx, ten times.`;

const JOB_DESCRIPTION = `As \`/hook\`, for one submission: \`/v1/listen\` and \`/v1/expected\` make such URLs, each with a credential that holds for three days and for no other job. The request that the callback is about is known without its body: one that has no \`request_id\` is kept as the failure of that request, unless it is a message, audio, or JSON that is not whole: these are answered 422, and the request stays expected.`;

const STREAM =
  "Of streaming audio each message comes by itself, in any order and any number of times; the transcript is `live` until the last has come. Messages that come later, for a day, make the transcript anew within 5 s.";

const NOT_A_RESULT =
  "no result that can be matched (empty, not JSON, without an id, audio, a message of an unknown type)";

const NOT_OF_JOB =
  "about another request than that of the job, audio, a message of an unknown type, or JSON that is not whole";

const TOO_EARLY = "Which request the callback is about is not recorded yet.";

/** `POST` and `PUT` of `/hook` and `/hook/{job}`. */
export function callbackOperations(examples: Examples): Described[] {
  const describe = (method: "post" | "put", operationId: string, summary: string) => ({
    method,
    tag: "Receiving" as const,
    scope: null,
    operationId,
    summary,
    requestBody: requestBody(examples),
  });
  const forAll = {
    path: "/hook",
    security: [{ callback: [] }, {}],
    description: `${DESCRIPTION}\n\n${STREAM}`,
    responses: responses(NOT_A_RESULT),
  };
  const forJob = {
    path: "/hook/{job}",
    security: [{ job: [] }, { callback: [] }, {}],
    description: JOB_DESCRIPTION,
    parameters: [jobParameter],
    responses: responses(NOT_OF_JOB, TOO_EARLY),
  };
  const byPut = "by PUT (`callback_method=put`)";
  return [
    { ...describe("post", "receiveCallback", "Receive a callback"), ...forAll },
    { ...describe("put", "receiveCallbackByPut", `Receive a callback ${byPut}`), ...forAll },
    { ...describe("post", "receiveJobCallback", "Receive the callback of a job"), ...forJob },
    {
      ...describe("put", "receiveJobCallbackByPut", `Receive the callback of a job ${byPut}`),
      ...forJob,
    },
  ];
}

/** To a callback, and to a WebSocket. */
export const UNVERIFIED = problem(
  "No or wrong credentials: nothing is stored.",
  [told(401, "Unauthorized", "The callback has no valid credentials.")],
  { headers: ["WWW-Authenticate"] },
);

const requestBody = ({ callback, failed }: Examples): RequestBody => ({
  description:
    "What Deepgram sends: a transcript, an error with its `request_id`, or a message of streaming audio. Of any content type, and up to `MAX_CALLBACK_BYTES` long.",
  required: true,
  content: {
    "application/json": {
      schema: oneOf("FinishedTranscript", "FailedTranscription", "StreamMessage"),
      examples: {
        transcript: { summary: "A transcript", value: callback },
        error: { summary: "An error", value: failed.callback },
      },
    },
  },
});

const responses = (unmatched: string, ...unavailable: string[]): Described["responses"] => ({
  200: empty("It is stored, was stored before, or the transcript was deleted meanwhile."),
  400: problem("The body ended before all of it had come.", [
    told(400, "Bad Request", "The body ended before all of it had come."),
  ]),
  401: UNVERIFIED,
  413: problem("The body is longer than `MAX_CALLBACK_BYTES`.", [
    told(413, "Content Too Large", "The body is larger than this receiver takes."),
  ]),
  422: problem(
    `The callback is verified, but ${unmatched}: it is kept in quarantine, once for each digest.`,
    [unmatched === NOT_OF_JOB ? "another-request" : "not-json"].map((reason) =>
      told(422, "Unprocessable Content", quarantinedDetail(reason as Unmatched)),
    ),
  ),
  503: problem(
    "The callback could not be stored, or not yet, or no credentials are configured.",
    [
      "The callback could not be stored.",
      "No callback credentials are configured.",
      ...unavailable,
    ].map((detail) => told(503, "Service Unavailable", detail)),
    { headers: ["Retry-After"] },
  ),
});
