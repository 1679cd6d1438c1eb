import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { bind, call, job, statusOf } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { mortal, WHEN } from "../../support/mortal.ts";
import { RATE_LIMITED, rateLimited } from "../../support/rate-limited.ts";

/** More than a delivery makes. */
const MOST_OPERATIONS = 40;

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const read = async (id: string, query = "") => {
  const response = await get(`/v1/transcripts/${id}.json${query}`);
  return { status: response.status, text: await response.text() };
};

/** The transcript is current, and the failure a conflict that can be read. */
async function isRanked(id: string, body: string, failure: string): Promise<void> {
  const current = await read(id);
  expect(current.status).toBe(200);
  expect(current.text === body).toBe(true);
  const sha256 = await digestOf(failure);
  expect(await statusOf(id)).toMatchObject({
    state: "received",
    sha256: await digestOf(body),
    conflicts: [{ sha256, state: "failed", bytes: failure.length }],
  });
  expect((await read(id, `?version=${sha256}`)).text).toBe(failure);
}

describe.each(LANES)("$name", (lane) => {
  it("a transcript takes the place of the failure before it", async () => {
    const { id, body } = transcript();
    const failure = errorBody("category", id);
    expect((await deliver(failure)).status).toBe(200);
    expect((await lane.deliver(body)).status).toBe(200);
    await isRanked(id, lane.grown(body), failure);
    expect((await get(`/v1/transcripts/${id}.vtt`)).status).toBe(200);
  });

  it("a failure does not take the place of the transcript before it", async () => {
    const { id, body } = transcript();
    const failure = errorBody("category", id);
    expect((await lane.deliver(body)).status).toBe(200);
    expect((await deliver(failure)).status).toBe(200);
    await isRanked(id, lane.grown(body), failure);
  });

  it("a copy of either changes nothing", async () => {
    const { id, body } = transcript();
    const failure = errorBody("category", id);
    for (const one of [failure, body]) expect((await lane.deliver(one)).status).toBe(200);
    const before = await statusOf(id);
    for (const one of [failure, body]) expect((await lane.deliver(one)).status).toBe(200);
    expect(await statusOf(id)).toEqual(before);
    await isRanked(id, lane.grown(body), lane.grown(failure));
  });
});

describe("a transcript after a failure", () => {
  it.each([
    ["by PUT", (body: string) => deliver(body, { method: "PUT" })],
    ["without a header credential", deliverBySecret],
  ])("takes its place %s", async (_, again) => {
    const { id, body } = transcript({ callbackSecret: "first-secret" });
    await deliver(errorBody("err_code", id));
    expect((await again(body)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
  });

  it.each(["text", "empty"] as const)("takes its place on a job URL (%s)", async (spelling) => {
    const its = await job();
    const { id, body } = transcript();
    await bind(its.name, id);
    const failure = errorBody(spelling, id);
    expect((await call(failure, its)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "failed" });
    expect((await call(body, its)).status).toBe(200);
    await isRanked(id, body, failure);
  });

  it("is current when R2 takes one write a second for a key", { timeout: 15_000 }, async () => {
    const { id, body } = transcript();
    const failure = errorBody("category", id);
    const { bucket, refused } = rateLimited();
    expect((await deliver(failure, { env: { TRANSCRIPTS: bucket } })).status).toBe(200);
    const started = performance.now();
    const response = await deliver(body, { env: { TRANSCRIPTS: bucket } });
    console.info(`a transcript within the second: ${Math.round(performance.now() - started)} ms`);
    expect(response.status).toBe(200);
    expect(refused).toContain(`callbacks/${id}`);
    await isRanked(id, body, failure);
  });

  it("is 503 while R2 keeps refusing, and the next try is stored", {
    timeout: 15_000,
  }, async () => {
    const { id, body } = transcript();
    const failure = errorBody("category", id);
    await deliver(failure);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses(RATE_LIMITED) });
    const response = await deliver(body, { env: { TRANSCRIPTS } });
    expect(response.status).toBe(503);
    expect(await statusOf(id)).toMatchObject({ state: "failed", conflicts: [] });
    expect((await deliver(body)).status).toBe(200);
    await isRanked(id, body, failure);
  });

  const lanes = LANES.filter(({ name }) => name.endsWith("with a length"));
  if (inject("isQuick")) lanes.pop();

  it.each(lanes)(
    "survives the death of the Worker at each step ($name)",
    {
      timeout: 120_000,
    },
    async (lane) => {
      let lives = false;
      for (let operation = 1; !lives && operation <= MOST_OPERATIONS; operation++) {
        lives = true;
        for (const when of WHEN) {
          const { id, body } = transcript();
          const failure = errorBody("category", id);
          await deliver(failure);
          const { died, env: replaced } = mortal({ operation, when });
          const first = lane.deliver(body, { env: replaced }).then(({ status }) => status);
          if ((await Promise.race([first, died])) === "died") lives = false;
          const { state, conflicts } = await statusOf(id);
          expect([state, conflicts]).toEqual(
            state === "failed" ? ["failed", []] : ["received", [expect.anything()]],
          );
          expect((await lane.deliver(body)).status).toBe(200);
          await isRanked(id, lane.grown(body), failure);
        }
      }
      expect(lives).toBe(true);
    },
  );

  it("leaves nothing when a deletion comes between its writes", async () => {
    for (const spelling of ["text", "empty"] as const) {
      const its = await job();
      const { id, body } = transcript();
      await bind(its.name, id);
      await call(errorBody(spelling, id), its);
      let isDeleted = false;
      const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
        put: async (key: string, ...rest: [never]) => {
          const object = await env.TRANSCRIPTS.put(key, ...rest);
          if (!key.includes("/versions/") || isDeleted) return object;
          isDeleted = true;
          expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
          // As if the version were written only now.
          await env.TRANSCRIPTS.put(key, "written late");
          return object;
        },
      });
      expect((await call(body, its, { TRANSCRIPTS })).status).toBe(200);
      expect((await read(id)).status).toBe(410);
      expect((await storedKeys()).filter((key) => key.includes(id))).toEqual([`callbacks/${id}`]);
    }
  });

  it("leaves no version when the deletion comes after its last write", async () => {
    const { id, body } = transcript();
    await deliver(errorBody("category", id));
    const version = `beside/${id}/versions/${await digestOf(errorBody("category", id))}`;
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: async (key: string, ...rest: [never]) => {
        const object = await env.TRANSCRIPTS.put(key, ...rest);
        const isReplaced = key === `callbacks/${id}` && object !== null;
        if (isReplaced) {
          expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
          await env.TRANSCRIPTS.put(version, "written late");
        }
        return object;
      },
    });
    expect((await deliver(body, { env: { TRANSCRIPTS } })).status).toBe(200);
    expect((await storedKeys()).filter((key) => key.includes(id))).toEqual([`callbacks/${id}`]);
  });
});

it("many bodies at once: a transcript is current, and all can be read", async () => {
  const { id, body } = transcript();
  const others = [2, 3].map((seed) => transcript({ requestId: id, seed }).body);
  const failures = (["category", "err_code"] as const).map((each) => errorBody(each, id));
  const all = [...failures, body, ...others];
  const answers = await Promise.all(all.map((each) => deliver(each)));
  expect(answers.map(({ status }) => status)).toEqual(all.map(() => 200));
  expect([body, ...others]).toContain((await read(id)).text);
  for (const each of all) {
    expect((await read(id, `?version=${await digestOf(each)}`)).text).toBe(each);
  }
});

async function deliverBySecret(body: string): Promise<Response> {
  return deliver(body, { authorization: null });
}
