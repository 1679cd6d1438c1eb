import * as z from "zod";
import { jobKind } from "../auth/job-credentials.ts";
import { headerCredential, isConfigured } from "../auth/verify.ts";
import { countRefused } from "../catalogue/alarm-signals.ts";
import type { Config } from "../config/config.ts";
import { failedTranscription, finishedTranscript, streamMessage } from "../deepgram/schemas.ts";
import { type Answer, empty, problemAnswer, problemExample } from "../http/describe/answers.ts";
import {
  type Describe,
  described,
  type Examples,
  type Operation,
} from "../http/describe/operation.ts";
import { type ProblemCode, problemResponse } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { observe } from "../lib/log.ts";
import { liveObject } from "../live/deliver-message.ts";
import type { Origin } from "../live/stream.ts";
import { answer, quarantineCode, quarantinedDetail, type Unmatched } from "./answer.ts";
import { receive } from "./receive.ts";

// A path that names no job is that of `/hook`, whatever stands behind it.
const jobOf = (name: string | undefined): string | null =>
  name !== undefined && jobKind(name) !== null ? name : null;

const handle: Handler = (c) =>
  receive(c.req.raw, c.env, c.get("config"), c.executionCtx, jobOf(c.req.param("job")));

const open: Handler = (c) =>
  openSocket(c.req.raw, c.env, c.var.config, c.executionCtx, jobOf(c.req.param("job")));

// Callbacks carry credentials of their own.
const scope = null;

export const callbackRoute: Route = { method: "POST", path: "/hook", scope, handle };
export const callbackByPutRoute: Route = { method: "PUT", path: "/hook", scope, handle };
export const jobCallbackRoute: Route = { method: "POST", path: "/hook/:job", scope, handle };
export const jobCallbackByPutRoute: Route = { method: "PUT", path: "/hook/:job", scope, handle };

const socket = { method: "GET", scope, opens: "websocket", handle: open } as const;

export const socketRoute: Route = { path: "/hook", ...socket };
export const jobSocketRoute: Route = { path: "/hook/:job", ...socket };

export const callbackOperation: Describe = (examples) => ({
  route: callbackRoute,
  operationId: "receiveCallback",
  summary: "Receive a callback",
  ...ofAll(examples),
});

export const callbackByPutOperation: Describe = (examples) => ({
  route: callbackByPutRoute,
  operationId: "receiveCallbackByPut",
  summary: "Receive a callback by PUT (`callback_method=put`)",
  ...ofAll(examples),
});

export const jobCallbackOperation: Describe = (examples) => ({
  route: jobCallbackRoute,
  operationId: "receiveJobCallback",
  summary: "Receive the callback of a job",
  ...ofJob(examples),
});

export const jobCallbackByPutOperation: Describe = (examples) => ({
  route: jobCallbackByPutRoute,
  operationId: "receiveJobCallbackByPut",
  summary: "Receive the callback of a job by PUT (`callback_method=put`)",
  ...ofJob(examples),
});

export const socketOperation: Describe = () => ({
  route: socketRoute,
  operationId: "openSocket",
  summary: "Open a WebSocket for streaming audio",
  security: [{ callback: [] }],
  ...ofSocket(),
});

export const jobSocketOperation: Describe = ({ job }) => ({
  route: jobSocketRoute,
  operationId: "openJobSocket",
  summary: "Open a WebSocket for the streaming audio of a job",
  security: [{ job: [] }, { callback: [] }],
  params: { job: jobParameter(job) },
  ...ofSocket(),
});

type Common = Omit<Operation, "route" | "operationId" | "summary">;

const ofAll = (examples: Examples): Common => ({
  tag: "Receiving",
  description: `The URL to give Deepgram as \`callback\`. A body that is answered 2xx is stored: it can be read, byte for byte, in the next request. Of several bodies under the same \`request_id\` a transcript is current over a failure, a stream's fuller document over its shorter one, and otherwise the first; the status lists the rest under \`conflicts\`.

A callback is verified by Basic Auth, or by \`metadata.extra.callback_secret\` in its body. Deepgram comes back 30 s after an answer that is not 2xx, ten times.

Of streaming audio each message comes by itself, in any order and any number of times; the transcript is \`live\` until the last has come. Messages that come later, for a day, make the transcript anew within 5 s.`,
  security: [{ callback: [] }, {}],
  requestBody: requestBody(examples),
  responses: responses(
    "no result that can be matched (empty, not JSON, without an id, audio, a message of an unknown type)",
    "not-json",
  ),
});

const ofJob = (examples: Examples): Common => ({
  tag: "Receiving",
  description:
    "As `/hook`, for one submission: `/v1/listen` and `/v1/expected` make such URLs, each with a credential that holds for three days and for no other job. The request that the callback is about is known without its body: one that has no `request_id` is kept as the failure of that request, unless it is a message, audio, or JSON that is not whole: these are answered 422, and the request stays expected.",
  security: [{ job: [] }, { callback: [] }, {}],
  params: { job: jobParameter(examples.job) },
  requestBody: requestBody(examples),
  responses: responses(
    "about another request than that of the job, audio, a message of an unknown type, or JSON that is not whole",
    "another-request",
    ["too_early", "Which request the callback is about is not recorded yet."],
  ),
});

const ofSocket = (): Pick<Operation, "tag" | "description" | "headers" | "responses"> => ({
  tag: "Receiving",
  description:
    "Takes what else comes by POST: the messages of one stream of audio, each as a text of its own. The stream ends when the socket is closed; one that is opened again continues the transcript of its request. On a job URL, messages of another request go to quarantine and the socket is closed with 1008; a message over 1 MiB goes to quarantine and closes it with 1009. `ping` is answered with `pong`.",
  // RFC 6455, section 4.1.
  headers: {
    Upgrade: described(
      z.literal("websocket"),
      "As a client that opens a WebSocket sends it.",
      "websocket",
    ),
  },
  responses: {
    101: empty("It is open."),
    401: unverified(),
    405: problemAnswer(
      "A WebSocket is not what is asked for.",
      [problemExample(405, "method_not_allowed", "This address takes POST, PUT, or a WebSocket.")],
      { headers: ["Allow"] },
    ),
    503: problemAnswer(
      "No credentials are configured.",
      [problemExample(503, "not_configured", "No callback credentials are configured.")],
      { headers: ["Retry-After"] },
    ),
  },
});

const jobParameter = (example: string) =>
  described(z.string(), "The name of the submission.", example);

const requestBody = ({ callback, failure }: Examples) => ({
  description:
    "What Deepgram sends: a transcript, an error with its `request_id`, or a message of streaming audio. Of any content type, and up to `MAX_CALLBACK_BYTES` long.",
  required: true,
  content: {
    "application/json": {
      schema: z.union([finishedTranscript, failedTranscription, streamMessage]),
      examples: {
        transcript: { summary: "A transcript", value: callback },
        error: { summary: "An error", value: failure.callback },
      },
    },
  },
});

const unverified = () =>
  problemAnswer(
    "No or wrong credentials: nothing is stored.",
    [problemExample(401, "unverified", "The callback has no valid credentials.")],
    { headers: ["WWW-Authenticate"] },
  );

const responses = (
  unmatched: string,
  reason: Unmatched,
  ...more: [code: ProblemCode, detail: string][]
): Record<string, Answer> => ({
  200: empty("It is stored, was stored before, or the transcript was deleted meanwhile."),
  400: problemAnswer("The body ended before all of it had come.", [
    problemExample(400, "incomplete_body", "The body ended before all of it had come."),
  ]),
  401: unverified(),
  413: problemAnswer("The body is longer than `MAX_CALLBACK_BYTES`.", [
    problemExample(413, "body_too_large", "The body is larger than this receiver takes."),
  ]),
  422: problemAnswer(
    `The callback is verified, but ${unmatched}: it is kept in quarantine, once for each digest.`,
    [problemExample(422, quarantineCode(reason), quarantinedDetail(reason))],
  ),
  503: problemAnswer(
    "The callback could not be stored, or not yet; no credentials are configured; or as many bodies as memory allows are being received at this moment.",
    [
      problemExample(503, "storage_unavailable", "The callback could not be stored."),
      problemExample(503, "not_configured", "No callback credentials are configured."),
      problemExample(503, "busy", "Too many bodies are being received. Try again."),
      ...more.map(([code, detail]) => problemExample(503, code, detail)),
    ],
    { headers: ["Retry-After"] },
  ),
});

const ALLOW = "POST, PUT";

/**
 * Opens a WebSocket for the messages of one stream, after its `Authorization` was verified. The
 * stream is that of the job, or of the socket.
 */
async function openSocket(
  request: Request,
  env: Env,
  config: Config,
  context: Pick<ExecutionContext, "waitUntil">,
  job: string | null,
): Promise<Response> {
  const started = Date.now();
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return problemResponse(
      405,
      "method_not_allowed",
      `This address takes ${ALLOW}, or a WebSocket.`,
      {
        headers: { allow: ALLOW },
      },
    );
  }
  const refuse = (outcome: "unconfigured" | "unverified") => {
    const ms = Date.now() - started;
    observe(env, "info", "callback", { outcome, reason: "live", ms });
    context.waitUntil(countRefused(env.CATALOGUE, Date.now()));
    return answer({ outcome });
  };
  if (!isConfigured({ job, config })) return refuse("unconfigured");
  const credential = await headerCredential({ request, job, config });
  if (credential === null) return refuse("unverified");
  const origin: Origin =
    job !== null && jobKind(job) !== null
      ? { name: job, job }
      : { name: `socket-${crypto.randomUUID()}`, job: null };
  const query = new URLSearchParams({ name: origin.name, ...(origin.job && { job: origin.job }) });
  return liveObject(env, origin.name).fetch(`https://live/?${query}`, {
    headers: { upgrade: "websocket" },
  });
}
