import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR, READER } from "../../support/get.ts";
import { call, expected, statusOf } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { mortal } from "../../support/mortal.ts";
import { awaited } from "../openapi/scenarios/states.ts";

const MOST_OPERATIONS = 30;

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const attach = async (body: string, request_id: string, replaced: Partial<Env> = {}) =>
  get(`/v1/quarantine/${await digestOf(body)}/attach`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    body: JSON.stringify({ request_id }),
    env: replaced,
  });

/** The key of the large body that an object names. */
const bodyAt = async (key: string): Promise<string | undefined> =>
  (await env.TRANSCRIPTS.head(key))?.customMetadata?.body;

const isQuarantined = async (body: string): Promise<boolean> =>
  (await asOperator(`/v1/quarantine/${await digestOf(body)}`)).status === 200;

const read = async (id: string, query = "") =>
  (await get(`/v1/transcripts/${id}.json${query}`)).text();

/** A transcript whose body has lost its id. */
function nameless(seed = 1): string {
  const { metadata, ...body } = JSON.parse(transcript({ seed }).body);
  const { request_id: _, ...rest } = metadata;
  return JSON.stringify({ metadata: rest, ...body });
}

const problemOf = async (response: Response): Promise<[number, string]> => [
  response.status,
  (await response.json<{ code: string }>()).code,
];

describe.each(LANES.filter(({ name }) => name.endsWith("with a length")))(
  "$name, a body",
  (lane) => {
    it("without an id is a transcript of the request, and leaves the quarantine", async () => {
      const body = lane.grown(nameless());
      expect((await lane.deliver(nameless())).status).toBe(422);
      const id = await awaited("expected");
      const large = await bodyAt(`quarantine/${await digestOf(body)}`);
      const { queue, sent } = recordingQueue();
      const attached = await attach(body, id, { FOLLOW_UP_QUEUE: queue });
      expect(attached.status).toBe(200);
      expect(await attached.json()).toMatchObject({
        request_id: id,
        state: "received",
        sha256: await digestOf(body),
        bytes: body.length,
        duration: expect.any(Number),
      });
      expect(sent).toEqual([{ type: "callback", request_id: id }]);
      expect((await read(id)) === body).toBe(true);
      expect((await get(`/v1/transcripts/${id}.txt`)).status).toBe(200);
      expect(await isQuarantined(body)).toBe(false);
      if (large !== undefined) {
        for (const key of [large, large.replace("bodies/", "body-refs/")]) {
          expect(await env.TRANSCRIPTS.head(key)).toBeNull();
        }
        const copy = (await bodyAt(`callbacks/${id}`)) ?? "";
        const reference = await env.TRANSCRIPTS.head(copy.replace("bodies/", "body-refs/"));
        expect(reference?.customMetadata?.owner).toBe(`callbacks/${id}`);
      }
      expect((await attach(body, id)).status).toBe(200);
      expect((await read(id)) === body).toBe(true);
    });

    it("is a version beside another transcript, and takes the place of a failure", async () => {
      const body = lane.grown(nameless(2));
      await lane.deliver(nameless(2));
      const { id, body: current } = transcript();
      await deliver(current);
      expect((await attach(body, id)).status).toBe(200);
      expect(await statusOf(id)).toMatchObject({
        sha256: await digestOf(current),
        conflicts: [{ sha256: await digestOf(body) }],
      });
      expect((await read(id, `?version=${await digestOf(body)}`)) === body).toBe(true);
      await lane.deliver(nameless(2));
      const failed = crypto.randomUUID();
      await deliver(errorBody("err_code", failed));
      expect((await attach(body, failed)).status).toBe(200);
      expect(await statusOf(failed)).toMatchObject({ state: "received", conflicts: [{}] });
    });

    it("is lost by no crash: it is in quarantine or with the request", async () => {
      for (let operation = 1; operation <= MOST_OPERATIONS; operation++) {
        const body = lane.grown(nameless(operation + 10));
        await lane.deliver(nameless(operation + 10));
        const id = await awaited("expected");
        const { died, env: mortalEnv } = mortal({ operation, when: "after" });
        const end = await Promise.race([attach(body, id, mortalEnv), died]);
        const isThere = (await read(id).catch(() => "")) === body;
        expect(isThere || (await isQuarantined(body)), `operation ${operation}`).toBe(true);
        expect((await attach(body, id)).status).toBe(200);
        expect((await read(id)) === body).toBe(true);
        expect(await isQuarantined(body)).toBe(false);
        if (end !== "died") return;
      }
      throw new Error("it never outlived its operations");
    }, 120_000);
  },
);

describe("attaching", () => {
  it("a text that is no JSON is the failure of the request, as on the URL of its job", async () => {
    const body = "Internal error 4711";
    await deliver(body);
    const id = await awaited("expected");
    expect(await (await attach(body, id)).json()).toMatchObject({
      state: "failed",
      error: { details: body },
    });
  });

  it("a body refused to another job goes to the request that it names, known or not", async () => {
    const { id, body } = transcript({ seed: 7 });
    const its = await expected({ request_id: crypto.randomUUID() });
    expect((await call(body, its)).status).toBe(422);
    expect(await problemOf(await attach(body, crypto.randomUUID()))).toEqual([
      422,
      "another_request",
    ]);
    expect((await attach(body, id)).status).toBe(200);
    expect((await read(id)) === body).toBe(true);
  });

  it("to the id of a job attaches to the request that it became", async () => {
    const { id, body } = transcript();
    const job = await expected({});
    await call(body, job);
    const other = nameless(3);
    await deliver(other);
    const attached = await attach(other, job.request_id);
    expect(await attached.json()).toMatchObject({ request_id: id, conflicts: [{}] });
  });

  it.each([
    ["audio", "\u0000\u0001", "audio/wav"],
    ["half a body", '{"metadata":{', "application/json"],
    ["an unknown message", '{"type":"TurnInfo","turn_index":1}', "application/json"],
    ["a message of a stream", '{"type":"UtteranceEnd","last_word_end":1.5}', "application/json"],
  ])("%s is refused, and it stays", async (_, body, type) => {
    expect((await deliver(body, { headers: { "content-type": type } })).status).toBe(422);
    const id = await awaited("expected");
    expect(await problemOf(await attach(body, id))).toEqual([422, "not_a_result"]);
    expect(await isQuarantined(body)).toBe(true);
    expect((await statusOf(id)).state).toBe("expected");
  });

  it("to a deleted or unknown request is refused, and it stays", async () => {
    const body = nameless(4);
    await deliver(body);
    const { id, body: deleted } = transcript();
    await deliver(deleted);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await problemOf(await attach(body, id))).toEqual([410, "transcript_deleted"]);
    expect(await problemOf(await attach(body, crypto.randomUUID()))).toEqual([
      404,
      "unknown_transcript",
    ]);
    expect(await isQuarantined(body)).toBe(true);
  });

  it("is 503 where the storage or the queue with its outbox refuse, and can be repeated", async () => {
    const body = nameless(5);
    await deliver(body);
    const id = await awaited("expected");
    const queue = { ...recordingQueue().queue, send: refuses("full") } as unknown as Queue;
    const put = async (key: string, ...rest: [never]) => {
      if (key.startsWith("outbox/")) throw new Error("away");
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const bad = { FOLLOW_UP_QUEUE: queue, TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put }) };
    expect((await attach(body, id, bad)).status).toBe(503);
    expect(await isQuarantined(body)).toBe(true);
    expect((await attach(body, id)).status).toBe(200);
  });

  it("needs the scope admin, a digest that is there, and a request_id", async () => {
    const path = `/v1/quarantine/${"0".repeat(64)}/attach`;
    const ask = (body: string, authorization = OPERATOR) =>
      get(path, { method: "POST", headers: { authorization }, body });
    const body = JSON.stringify({ request_id: crypto.randomUUID() });
    expect((await ask(body, READER)).status).toBe(403);
    expect(await problemOf(await ask(body))).toEqual([404, "unknown_digest"]);
    expect(await problemOf(await ask("{}"))).toEqual([400, "invalid_body"]);
  });
});
