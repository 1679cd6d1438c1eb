import { claimForJob, requestOfJob } from "../auth/job.ts";
import { catalogueExpectation } from "../catalogue/expectations.ts";
import { isUnknownMessage } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { parseJson, utf8Bytes } from "../lib/bytes.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { log, reasonOf } from "../lib/log.ts";
import { headCallback } from "../store/callbacks.ts";
import { markLive } from "../store/expectations.ts";
import { quarantine } from "../store/quarantine.ts";
import type { Messages } from "./document.ts";
import type { Taken } from "./live-request.ts";
import { type Kind, MAX_MESSAGE_BYTES } from "./message.ts";
import type { Origin } from "./stream.ts";

/** Whether the messages of a request may be kept under the name by which they came, or whose they are. */
export type Claim = "mine" | "another-request" | "deleted" | { owner: string };

/**
 * Makes a request known as live, so that it is found by its id. The first Durable Object that does so
 * is its owner, also after the document was stored: its messages belong into one place. Throws when R2
 * does not answer; may be repeated.
 */
export async function claim(
  env: Env,
  { name, job }: Origin,
  requestId: RequestId,
  now: number,
): Promise<Claim> {
  if (job !== null) {
    const claimed = await claimForJob(env.TRANSCRIPTS, job, requestId);
    if (claimed !== "granted") return "another-request";
  }
  const record = await headCallback(env.TRANSCRIPTS, requestId);
  if (record?.state === "deleted") return "deleted";
  const expectation = await markLive(env.TRANSCRIPTS, requestId, name, now, job);
  if (record === null) {
    // A catalogue that is away stops no speech from being kept; at the end it is written again.
    await catalogueExpectation(env.CATALOGUE, expectation).catch((error) =>
      log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
    );
  }
  const owner = expectation.owner ?? requestId;
  return owner === name ? "mine" : { owner };
}

const KINDS: Kind[] = ["final", "metadata", "utterance-end", "speech-started", "note"];
const MAX_CHARS = 4_194_304;

/**
 * The request of a stream in which no message has an id: that of its job. Without a job its messages
 * are put into quarantine, and it is null. Throws when that is not known yet.
 */
export async function requestOfNone(
  env: Env,
  { job }: Origin,
  messages: Pick<Messages, "select">,
): Promise<RequestId | null> {
  if (job === null) {
    await quarantineOrphans(env, messages);
    return null;
  }
  const requestId = await requestOfJob(env.TRANSCRIPTS, job, Date.now());
  if (requestId === null) throw new Error("the request of the job is not recorded yet");
  return requestId;
}

/** Every message that is kept, as JSON, kind by kind. */
export function* allMessages({ select }: Pick<Messages, "select">): Generator<{ json: string }> {
  for (const kind of KINDS) yield* select(kind);
}

/** Puts messages into quarantine that belong to no request, as JSON Lines in texts of 4 MiB. */
export async function quarantineOrphans(
  env: Env,
  messages: Pick<Messages, "select">,
): Promise<void> {
  let lines = "";
  for (const { json } of allMessages(messages)) {
    lines += `${json}\n`;
    if (lines.length < MAX_CHARS) continue;
    await quarantineOrphanText(env, lines);
    lines = "";
  }
  if (lines !== "") await quarantineOrphanText(env, lines);
}

/** The same of a text. */
export async function quarantineOrphanText(
  env: Env,
  text: string,
  reason:
    | "no-request-of-its-own"
    | "another-request"
    | "message-too-large"
    | "unknown-message" = "no-request-of-its-own",
): Promise<void> {
  const held = new TextEncoder().encode(text);
  const facts = {
    digest: hex(await sha256(held)),
    reason,
    content_type: "application/jsonl",
    bytes: held.length,
    received_at: new Date().toISOString(),
  };
  await quarantine(env.TRANSCRIPTS, facts, { held });
}

/** Why a WebSocket is closed (RFC 6455, section 7.4.1). */
type Refusal = { code: 1008 | 1009; reason: string };

/**
 * Takes a message of a WebSocket by `take`. One that cannot be kept is put into quarantine; where no more
 * should come after it, gives how the socket is to be closed.
 */
export async function takeOrQuarantine(
  env: Env,
  text: string,
  take: () => Promise<Taken>,
): Promise<Refusal | null> {
  const isTooLarge = utf8Bytes(text) > MAX_MESSAGE_BYTES;
  if (!isTooLarge && isUnknownMessage(parseJson(text))) {
    await quarantineOrphanText(env, text, "unknown-message");
    return null;
  }
  switch (isTooLarge ? "too-large" : await take()) {
    case "too-large":
      await quarantineOrphanText(env, text, "message-too-large");
      return { code: 1009, reason: "The message is too large." };
    case "another-request":
      await quarantineOrphanText(env, text, "another-request");
      return { code: 1008, reason: "It is of another request." };
    default:
      return null;
  }
}
