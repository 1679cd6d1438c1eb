import { isUnknownMessage } from "../deepgram/callback.ts";
import { parseJson, utf8Bytes } from "../lib/bytes.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { quarantine } from "../store/quarantine.ts";
import type { Messages } from "./document.ts";
import type { Taken } from "./live-request.ts";
import { type Kind, MAX_MESSAGE_BYTES } from "./message.ts";

const KINDS: Kind[] = ["final", "metadata", "utterance-end", "speech-started", "note"];
const MAX_CHARS = 4_194_304;

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
