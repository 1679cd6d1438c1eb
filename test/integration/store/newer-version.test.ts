import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { asOperator, get } from "../../support/get.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";

// A rollback meets what a newer version has written: fields, states, effects and scopes that this one
// does not know.

const bucket = env.TRANSCRIPTS;

/** Stores an object again with other metadata, as a newer version would have written it. */
async function rewrite(key: string, changed: Record<string, string>, body?: string) {
  const object = await bucket.get(key);
  const customMetadata = { ...object?.customMetadata, ...changed };
  await bucket.put(key, body ?? (await object?.text()) ?? "", { customMetadata });
}

async function received() {
  const { id, body } = transcript();
  expect((await deliver(body)).status).toBe(200);
  return { id, body };
}

const status = async (id: string) =>
  (await get(`/v1/transcripts/${id}/status`)).json<Record<string, unknown>>();

it.each([
  ["a state", { state: "archived" }],
  ["a kind", { kind: "speech" }],
  ["facts of another form", { facts: '{"duration":"long"}' }],
  ["facts that are no JSON", { facts: "{" }],
  ["a field", { colour: "blue" }],
  ["another way to tell whose place it took", { succession: '{"chain":[]}' }],
  ["another way to tell its stream", { stream: '{"id":1}' }],
])(
  "a transcript with %s of a newer version is read byte for byte, and has a status",
  async (_, changed) => {
    const { id, body } = await received();
    await rewrite(`callbacks/${id}`, changed);
    expect(await (await get(`/v1/transcripts/${id}.json`)).text()).toBe(body);
    expect(await status(id)).toMatchObject({ state: "received", request_id: id });
    expect((await deliver(body)).status).toBe(200);
    expect((await consume([{ type: "callback", request_id: id }])).acked).toEqual(["m0"]);
  },
);

it.each([
  ["state", { state: "paused" }],
  ["channel", { effect: '{"channel":"fax","to":"+15551234567"}' }],
  ["form", { effect: "fax" }],
])(
  "a follow-up of a newer version's %s is shown as unknown, beside those that are known",
  async (_, changed) => {
    const { id } = await received();
    const known = { state: "done", attempts: "1", updated_at: "2026-11-29T10:00:00.000Z" };
    const effect = '{"channel":"sms","to":"+15551234567","event":"transcript.received"}';
    const prefix = `beside/${id}/effects/`;
    await bucket.put(`${prefix}sms:+15551234567:transcript.received`, "", {
      customMetadata: { ...known, effect },
    });
    await bucket.put(`${prefix}fax:+15551234567`, "", {
      customMetadata: { ...known, effect, ...changed },
    });
    const { follow_ups } = await status(id);
    expect(follow_ups).toMatchObject([
      { name: "fax:+15551234567", state: "unknown", attempts: 0 },
      { name: "sms:+15551234567:transcript.received", state: "done" },
    ]);
    expect((await get(`/v1/transcripts/${id}/timeline`)).status).toBe(200);
    expect((await consume([{ type: "callback", request_id: id }])).acked).toEqual(["m0"]);
  },
);

it("an attempt whose outcome is not known does not hide the others", async () => {
  const { id } = await received();
  const effect = '{"channel":"sms","to":"+15551234567","event":"transcript.received"}';
  const attempt = { attempt: 1, at: "2026-11-29T10:00:00.000Z", outcome: "failed", ms: 5 };
  const attempts = [attempt, { ...attempt, attempt: 2, outcome: "bounced" }];
  await bucket.put(
    `beside/${id}/effects/sms:+15551234567:transcript.received`,
    JSON.stringify({ attempts }),
    {
      customMetadata: { effect, state: "failed", attempts: "2", updated_at: attempt.at },
    },
  );
  const { events } = await (await get(`/v1/transcripts/${id}/timeline`)).json<{
    events: object[];
  }>();
  expect(events).toContainEqual(expect.objectContaining({ attempt: 1, outcome: "failed" }));
  expect(events).toContainEqual(expect.objectContaining({ attempt: 2, outcome: "unknown" }));
});

it("an expectation of a newer version's state is expected", async () => {
  const response = await get("/v1/expected", {
    method: "POST",
    headers: { authorization: "Bearer admin-token", "content-type": "application/json" },
    body: "{}",
    env: { SIGNING_KEYS },
  });
  expect(response.status).toBe(201);
  const { request_id: id } = await response.json<{ request_id: string }>();
  await rewrite(`expected/${id}`, { state: "scheduled", colour: "blue" });
  expect(await status(id)).toMatchObject({ state: "expected" });
});

it("a dead letter of a newer version is listed with the others", async () => {
  await consume([{ type: "teleport", request_id: crypto.randomUUID() }]);
  await bucket.put("dead-letters/stray/newer", '{"message":{"type":"x"},"state":"expired"}');
  const { dead_letters } = await (await asOperator("/v1/dead-letters")).json<{
    dead_letters: object[];
  }>();
  expect(dead_letters).toContainEqual(
    expect.objectContaining({ id: "stray/newer", state: "dead" }),
  );
  expect(dead_letters.length).toBeGreaterThanOrEqual(2);
});

it("a token with a scope of a newer version has those that are known", async () => {
  const token = `dgr_${"b".repeat(43)}`;
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)),
  ).toHex();
  const stored = {
    name: "newer",
    scopes: ["read", "audit"],
    created_at: "2026-11-29T10:00:00.000Z",
  };
  const key = `tokens/${digest}`;
  await env.SETTINGS.put(key, JSON.stringify(stored), { metadata: stored });
  const as = { headers: { authorization: `Bearer ${token}` } };
  expect((await get("/v1/transcripts", as)).status).toBe(200);
  expect((await get("/v1/dead-letters", as)).status).toBe(403);
  expect((await asOperator("/v1/tokens")).status).toBe(200);
  await env.SETTINGS.delete(key);
});

it("a row of the catalogue with a state of a newer version does not hide the others", async () => {
  const { id } = await received();
  await consume([{ type: "callback", request_id: id }]);
  await env.CATALOGUE.prepare("UPDATE transcripts SET state = 'archived' WHERE request_id = ?1")
    .bind(id)
    .run();
  const response = await get("/v1/transcripts");
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    transcripts: expect.arrayContaining([expect.objectContaining({ request_id: id })]),
  });
});
