import { env } from "cloudflare:workers";
import { effectName } from "../../../../src/config/follow-ups.ts";
import type { RequestId } from "../../../../src/deepgram/request-id.ts";
import { saveDeadLetter } from "../../../../src/store/dead-letters.ts";
import { claimEffect, openEntry } from "../../../../src/store/effect-claims.ts";
import { ask, guards } from "../ask.ts";
import { notThere, received } from "./states.ts";

const SPANISH = JSON.stringify({ translate: ["es"] });

const add = (request_id: string, body: string) =>
  ask("addFollowUps", { params: { request_id }, body });

export async function addFollowUps(): Promise<Response[]> {
  const id = await received();
  const webhook = { notify: [{ channel: "webhook", to: "crm" }] };
  return [
    await add(id, SPANISH),
    await add(id, "{}"),
    await add(id, JSON.stringify(webhook)),
    await add(id, JSON.stringify({ notify: [{ channel: "sms", to: "+19005550123" }] })),
    await add(id, JSON.stringify({ translate: ["de", "it", "nl", "pl", "fr"] })),
    await add(id, " ".repeat(70_000)),
    ...(await Promise.all((await notThere()).map((other) => add(other, SPANISH)))),
    ...(await Promise.all(guards("addFollowUps", { body: SPANISH }))),
  ];
}

export async function retryFollowUp(): Promise<Response[]> {
  const id = await received();
  await add(id, SPANISH);
  const retry = (request_id: string) => ask("retryFollowUp", { params: { request_id } });
  const first = await retry(id);
  await claimEffect(
    env.TRANSCRIPTS,
    id as RequestId,
    { name: "translate:es", generation: 1, repeatableForMs: 0 },
    Date.now(),
  );
  const stranger = { channel: "email", to: "a@example.net", event: "transcript.received" } as const;
  await openEntry(env.TRANSCRIPTS, id as RequestId, stranger, Date.now());
  const params = { request_id: id, name: effectName(stranger) };
  return [
    first,
    await ask("retryFollowUp", { params }),
    await retry(id),
    await retry(crypto.randomUUID()),
    await retry("x"),
    ...(await Promise.all(guards("retryFollowUp"))),
  ];
}

async function given(): Promise<string> {
  const request_id = (await received()) as RequestId;
  await add(request_id, SPANISH);
  const effect = { channel: "translate", to: "es" } as const;
  const work = { type: "effect", request_id, effect, generation: 0 } as const;
  await saveDeadLetter(env.TRANSCRIPTS, work, {
    state: "dead",
    attempts: 20,
    reason: "it answered 503",
  });
  return request_id;
}

export async function listDeadLetters(): Promise<Response[]> {
  await given();
  return [
    await ask("listDeadLetters"),
    await ask("listDeadLetters", { query: { channel: "fax" } }),
    ...(await Promise.all(guards("listDeadLetters"))),
  ];
}

export async function dismissDeadLetters(): Promise<Response[]> {
  const query = { ids: `${await given()}/translate:es` };
  const dismiss = () => ask("dismissDeadLetters", { query });
  return [
    await dismiss(),
    await dismiss(),
    await ask("dismissDeadLetters"),
    ...(await Promise.all(guards("dismissDeadLetters", { query }))),
  ];
}

export async function redriveDeadLetters(): Promise<Response[]> {
  await given();
  const redrive = (body: string) => ask("redriveDeadLetters", { body });
  return [
    await redrive('{"dry_run":true}'),
    await redrive("{}"),
    await redrive('{"dry_run":"no"}'),
    await redrive(" ".repeat(70_000)),
    ...(await Promise.all(guards("redriveDeadLetters", { body: "{}" }))),
  ];
}

export async function retryFollowUps(): Promise<Response[]> {
  const id = await received();
  await add(id, SPANISH);
  const body = JSON.stringify({ request_ids: [id], channels: ["translate"] });
  return [
    await ask("retryFollowUps", { body }),
    await ask("retryFollowUps", { body: JSON.stringify({ request_ids: [id], channels: [] }) }),
    await ask("retryFollowUps", { body: " ".repeat(70_000) }),
    ...(await Promise.all(guards("retryFollowUps", { body }))),
  ];
}
