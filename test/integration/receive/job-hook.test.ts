import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { jobCode, jobRequestId } from "../../../src/auth/job-credentials.ts";
import { parseRequestId, type RequestId } from "../../../src/deepgram/request-id.ts";
import {
  createExpectation,
  linkExpectation,
  openExpectation,
  replaceExpectation,
} from "../../../src/store/expectations.ts";
import { bindJob, boundRequest } from "../../../src/store/submissions.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { basic, deliver, storedKeys, storedText, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { bind, call, job, SIGNING_KEYS, statusOf } from "../../support/jobs.ts";
import { later } from "../../support/work-off.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("POST /hook/{job}", () => {
  it("takes a transcript with the job's credential alone", async () => {
    const { id, body } = transcript();
    const its = await job();
    expect((await call(body, its)).status).toBe(200);
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });

  it("takes the receiver's own credentials too", async () => {
    const { id, body } = transcript();
    const { name } = await job();
    expect((await deliver(body, { path: `/hook/${name}` })).status).toBe(200);
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });

  it("needs no other credential to be configured", async () => {
    const bare = { CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" };
    expect((await call(transcript().body, await job(), bare)).status).toBe(200);
    const unsigned = await call(transcript().body, await job(), { ...bare, SIGNING_KEYS: "" });
    expect(unsigned.status).toBe(503);
    const elsewhere = await deliver(transcript().body, { env: { ...bare, SIGNING_KEYS } });
    expect(elsewhere.status).toBe(503);
  });

  it.each([
    ["that is forged", async () => ({ ...(await job()), authorization: basic("a:b") })],
    [
      "of another job",
      async () => ({ ...(await job()), authorization: (await job()).authorization }),
    ],
    [
      "whose code is right and whose user is another",
      async () => {
        const its = await job();
        const code = await jobCode(its.name, SIGNING_KEYS);
        return { ...its, authorization: basic(`deepgram:${code}`) };
      },
    ],
    ["that is over", () => job("s", Date.now() - 4 * 86_400_000)],
    ["of a name that is no job", async () => ({ ...(await job()), name: "job-1" })],
    ["that is missing", async () => ({ ...(await job()), authorization: "" })],
  ])("refuses a credential %s, and stores nothing", async (_, make) => {
    expect((await call(transcript().body, await make())).status).toBe(401);
    expect(await storedKeys()).toEqual([]);
  });

  it("takes a job's credential nowhere else", async () => {
    const { authorization } = await job();
    const response = await deliver(transcript().body, { authorization, env: { SIGNING_KEYS } });
    expect(response.status).toBe(401);
  });

  it.each(["", "Transcription failed: no audio.", '{"message":"no audio"}', "[1]"])(
    "files a body without any id as the failure of its request: %j",
    async (body) => {
      const its = await job();
      const id = crypto.randomUUID();
      await bind(its.name, id);
      expect((await call(body, its)).status).toBe(200);
      expect(await storedText(`callbacks/${id}`)).toBe(body);
      const status = await statusOf(id);
      expect(status).toMatchObject({ state: "failed" });
      expect(JSON.stringify(status.error)).toMatch(/no audio|empty|1/);
      expect((await get(`/v1/transcripts/${id}`)).status).toBe(424);
    },
  );

  it("tells a failure without an id whose words do not fit into metadata", async () => {
    const its = await job();
    const id = crypto.randomUUID();
    await bind(its.name, id);
    const words = "音声".repeat(300);
    const body = JSON.stringify({ err_code: words, err_msg: words, details: words });
    expect((await call(body, its)).status).toBe(200);
    const { state, error } = await statusOf(id);
    expect(state).toBe("failed");
    expect(error).toMatchObject({ message: words.slice(0, 500) });
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(424);
  });

  it("files it once, however often it comes", async () => {
    const its = await job();
    const id = crypto.randomUUID();
    await bind(its.name, id);
    for (let time = 0; time < 3; time++) await call("", its);
    expect((await storedKeys()).filter((key) => key.includes(id))).toEqual([`callbacks/${id}`]);
  });

  it("has the sender come back while the submission is not recorded, then files it", {
    timeout: 20_000,
  }, async () => {
    const its = await job();
    const early = await call("", its);
    expect([early.status, early.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(await storedKeys()).toEqual([]);
    const id = crypto.randomUUID();
    await bind(its.name, id);
    expect((await call("", its)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "failed" });
  });

  it("waits a moment for the record of the submission", async () => {
    const its = await job();
    const id = crypto.randomUUID();
    const calling = call("", its);
    await scheduler.wait(700);
    await bind(its.name, id);
    expect((await calling).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "failed" });
  });

  it("loses nothing when the submission was never recorded", async () => {
    const its = await job();
    later(130);
    expect((await call(errorBody("text", ""), its)).status).toBe(200);
    const keys = await storedKeys();
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatch(/^callbacks\/[0-9a-f-]{14}8/);
  });

  it("keeps out what is about another request than the job's", async () => {
    const its = await job();
    await bind(its.name, crypto.randomUUID());
    const { id, body } = transcript();
    expect((await call(body, its)).status).toBe(422);
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(404);
    expect((await storedKeys()).some((key) => key.startsWith("quarantine/"))).toBe(true);
    expect((await deliver(body, { path: `/hook/${its.name}` })).status).toBe(200);
  });

  it("keeps a job that has no request yet from taking what was submitted with another job", async () => {
    const { id, body } = transcript();
    const owner = await job();
    await bind(owner.name, id);
    const expected_at = new Date().toISOString();
    await env.TRANSCRIPTS.put(`expected/${id}`, "", {
      customMetadata: { state: "expected", expected_at, job: owner.name },
    });
    for (const kind of ["s", "x"] as const) {
      expect((await call(body, await job(kind))).status).toBe(422);
    }
    expect(await statusOf(id)).toMatchObject({ state: "expected" });
    expect((await call(body, owner)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received", conflicts: [] });
  });
});

it("a job whose submission was never answered takes one request, and leads there", async () => {
  const its = await job();
  const provisional = await jobRequestId(its.name);
  const expected_at = new Date().toISOString();
  await env.TRANSCRIPTS.put(`expected/${provisional}`, "", {
    customMetadata: { state: "expected", expected_at },
  });
  const { id, body } = transcript();
  expect((await call(body, its)).status).toBe(200);
  expect((await call(transcript().body, its)).status).toBe(422);
  const led = await get(`/v1/transcripts/${provisional}`);
  expect([led.status, led.headers.get("location")]).toEqual([307, `/v1/transcripts/${id}`]);
});

it("reads of such a job redirect also when the delivery before died half-way", async () => {
  const its = await job();
  const provisional = await jobRequestId(its.name);
  const expected_at = new Date().toISOString();
  await env.TRANSCRIPTS.put(`expected/${provisional}`, "", {
    customMetadata: { state: "expected", expected_at },
  });
  const { id, body } = transcript();
  await bind(its.name, id);
  expect((await call(body, its)).status).toBe(200);
  expect((await get(`/v1/transcripts/${provisional}/status`)).status).toBe(307);
});

it("a path that names no job is that of /hook: failures without an id are no one's", async () => {
  for (const name of ["my-clinic", "x".repeat(1_100)]) {
    const path = `/hook/${name}`;
    expect((await deliver(transcript().body, { path })).status).toBe(200);
    expect((await deliver("no audio", { path })).status).toBe(422);
  }
  expect((await storedKeys()).filter((key) => key.startsWith("submitted/"))).toEqual([]);
});

it("an expectation that has changed since it was read is not overwritten", async () => {
  const id = parseRequestId(crypto.randomUUID()) as RequestId;
  const expectedAt = new Date().toISOString();
  await createExpectation(env.TRANSCRIPTS, { requestId: id, state: "expected", expectedAt });
  const open = await openExpectation(env.TRANSCRIPTS, id);
  if (open === null) throw new Error("there is none");
  await linkExpectation(env.TRANSCRIPTS, id, parseRequestId(crypto.randomUUID()) as RequestId);
  const overdue = { ...open.expectation, state: "overdue" } as const;
  await expect(replaceExpectation(env.TRANSCRIPTS, open, overdue)).rejects.toThrow("has changed");
  expect(await statusOf(id)).toMatchObject({ state: "expected" });
});

it("what was submitted is forgotten once another request has taken the place of it", async () => {
  const [id, successor] = [0, 1].map(() => parseRequestId(crypto.randomUUID()) as RequestId);
  if (!id || !successor) throw new Error("there are two");
  const expectedAt = new Date().toISOString();
  const source = { url: "https://audio.example/signed?key=secret", query: "extra=a:b" };
  await createExpectation(
    env.TRANSCRIPTS,
    { requestId: id, state: "expected", expectedAt },
    { source },
  );
  await linkExpectation(env.TRANSCRIPTS, id, successor);
  expect(await storedText(`expected/${id}`)).not.toContain("audio.example");
});

it("the first successor of a request stays", async () => {
  const [id, first, second] = [0, 1, 2].map(() => parseRequestId(crypto.randomUUID()) as RequestId);
  if (!id || !first || !second) throw new Error("there are three");
  const expectedAt = new Date().toISOString();
  await createExpectation(env.TRANSCRIPTS, { requestId: id, state: "expected", expectedAt });
  await linkExpectation(env.TRANSCRIPTS, id, first);
  await linkExpectation(env.TRANSCRIPTS, id, second);
  const kept = await openExpectation(env.TRANSCRIPTS, id);
  expect(kept?.expectation.successor).toBe(first);
});

it("who binds a job second learns which request it became", async () => {
  const [first, second] = [0, 1].map(() => parseRequestId(crypto.randomUUID()) as RequestId);
  if (!first || !second) throw new Error("there are two");
  const { name } = await job();
  const bound = [first, second].map((id) => bindJob(env.TRANSCRIPTS, name, id));
  expect(await Promise.all(bound)).toEqual([first, first]);
  expect(await boundRequest(env.TRANSCRIPTS, name)).toBe(first);
});
