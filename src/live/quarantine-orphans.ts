import { requestOfJob } from "../auth/request-of-job.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { quarantine } from "../store/quarantine.ts";
import type { Messages } from "./document.ts";
import type { Kind } from "./message.ts";
import type { Origin } from "./stream-state.ts";

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
