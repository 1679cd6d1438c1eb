import type { IncomingMessage, ServerResponse } from "node:http";
import { requestIdFrom } from "../support/bodies/ids.ts";
import { answerError, answerJson } from "./answer.ts";
import { audioOf } from "./audio.ts";
import type { Faults } from "./faults.ts";
import type { Job } from "./job.ts";
import type { Jobs } from "./jobs.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { publicPath } from "./public-path.ts";
import type { Settings } from "./settings.ts";
import { type Submission, submissionOf } from "./submission.ts";
import { bodyOf, type Entry } from "./work.ts";

/** What the routes of one fake share. */
export type Desk = { settings: Settings; jobs: Jobs; misbehaviour: Misbehaviour };

type Refusal = { status: number; message: string };
type Accepted = { wish: Submission; faults: Faults; audio: Job["audio"] };

const bad = (message: string): Refusal => ({ status: 400, message });

const takeFaults = (desk: Desk, fake: string): Faults | Refusal => {
  try {
    return desk.misbehaviour.take(fake);
  } catch (error) {
    return bad(`fake: ${error instanceof Error ? error.message : error}`);
  }
};

/** The audio is read to its end whatever is wrong with it, so that the answer can be received. */
const judge = async (
  desk: Desk,
  request: IncomingMessage,
  url: URL,
): Promise<Accepted | Refusal> => {
  const audio = await audioOf(request);
  const wish = submissionOf(url.searchParams, desk.settings.anyLoopbackPort);
  if ("refused" in wish) return bad(wish.refused);
  const faults = takeFaults(desk, wish.fake);
  if ("status" in faults) return faults;
  if (faults.refuse !== null) return { status: faults.refuse, message: "Refused, as configured." };
  if ("refused" in audio) return bad(audio.refused);
  return { wish, faults, audio };
};

/** Answers in Deepgram's error format, under an id that belongs to no job. */
export const refuse = ({ settings }: Desk, response: ServerResponse, refusal: Refusal): void => {
  const { status, message } = refusal;
  settings.onEvent({ kind: "refused", status, message });
  answerError(response, status, message, requestIdFrom(settings.seed, Date.now()));
};

const sendBody = (response: ServerResponse, entry: Entry): void => {
  const body = bodyOf(entry, 1);
  response.writeHead(entry.faults.error === null ? 200 : 400, {
    "content-type": "application/json",
    "content-length": body.byteLength,
    "dg-request-id": entry.job.requestId,
  });
  for (const chunk of body.chunks()) response.write(chunk);
  response.end();
};

const firstCall = async ({ jobs }: Desk, { job }: Entry): Promise<void> => {
  const called = (other: Job) =>
    other === job && (job.attempts.length > 0 || job.state !== "waiting");
  await jobs.waitFor(called, Number.POSITIVE_INFINITY);
};

/** `POST /v1/listen`: https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded */
export const listen = async (
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> => {
  const judged = await judge(desk, request, url);
  if ("status" in judged) return refuse(desk, response, judged);
  const { wish, faults, audio } = judged;
  const entry = desk.jobs.accept(wish, faults, { audio, path: publicPath(url) });
  if (faults.early && wish.callback !== null) await firstCall(desk, entry);
  if (faults.hangUp) return void response.destroy();
  if (wish.callback === null) return sendBody(response, entry);
  const { requestId } = entry.job;
  answerJson(response, 200, { request_id: requestId }, { "dg-request-id": requestId });
};
