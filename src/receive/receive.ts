import type { Config } from "../config.ts";
import { type Callback, callbackSecret, identify } from "../deepgram/callback.ts";
import { hex, sha256 } from "../digest.ts";
import { handOver } from "../follow-ups/outbox.ts";
import { log, reasonOf } from "../log.ts";
import { type Stored, storeCallback } from "../store/callbacks.ts";
import { quarantine } from "../store/quarantine.ts";
import { answer } from "./answer.ts";
import { maskSecrets } from "./mask.ts";
import { parse } from "./parse.ts";
import { readBody } from "./read-body.ts";
import { verifyBasic, verifySecret } from "./verify.ts";

/** What became of one delivery. */
export type Outcome =
  | Stored
  | "quarantined"
  | "unconfigured"
  | "unverified"
  | "too-large"
  | "interrupted"
  | "unavailable";

type Told = { outcome: Outcome; request_id?: string; bytes?: number; reason?: string };

/** Takes a callback: verifies, identifies and stores it, and only then answers 2xx. */
export async function receive(request: Request, env: Env, config: Config): Promise<Response> {
  const started = Date.now();
  const told = await take(request, env, config);
  // A body that is left on the wire makes the runtime reset the connection before the answer is read.
  if (!request.bodyUsed) await request.body?.cancel();
  const level = told.outcome === "unavailable" ? "error" : "info";
  log(level, "callback", { ...told, ms: Date.now() - started });
  return answer(told.outcome);
}

async function take(request: Request, env: Env, config: Config): Promise<Told> {
  const { callbackCredentials, callbackSecrets } = config;
  if (callbackCredentials.length + callbackSecrets.length === 0) return { outcome: "unconfigured" };
  const basic = await verifyBasic(request.headers.get("authorization"), callbackCredentials);
  if (!basic && callbackSecrets.length === 0) return { outcome: "unverified" };
  const read = await readBody(request, config.maxCallbackBytes);
  if (!read.ok) return { outcome: read.reason };
  const body = read.value;
  const json = parse(body);
  const secret = json.ok ? callbackSecret(json.value) : undefined;
  if (!basic && !(await verifySecret(secret, callbackSecrets))) return { outcome: "unverified" };
  maskSecrets(body);
  const callback = json.ok ? identify(json.value) : json;
  try {
    const told = callback.ok
      ? await keep(env, callback.value, body)
      : await keepUnmatched(env, request, callback.reason, body);
    return { ...told, bytes: body.length };
  } catch (error) {
    return { outcome: "unavailable", bytes: body.length, reason: reasonOf(error) };
  }
}

async function keep(env: Env, callback: Callback, body: Uint8Array): Promise<Told> {
  const { requestId, state, facts } = callback;
  const outcome = await storeCallback(
    env.TRANSCRIPTS,
    {
      requestId,
      state,
      facts,
      receivedAt: new Date().toISOString(),
      sha256: hex(await sha256(body)),
    },
    body,
  );
  // Also for a duplicate: the delivery before it may have died between the store and the queue.
  if (outcome !== "deleted") await handOver(env, { type: "callback", request_id: requestId });
  return { outcome, request_id: requestId };
}

async function keepUnmatched(
  env: Env,
  request: Request,
  reason: string,
  body: Uint8Array,
): Promise<Told> {
  const facts = {
    digest: hex(await sha256(body)),
    reason,
    content_type: (request.headers.get("content-type") ?? "")
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, 200),
    bytes: body.length,
    received_at: new Date().toISOString(),
  };
  await quarantine(env.TRANSCRIPTS, facts, body);
  return { outcome: "quarantined", reason };
}
