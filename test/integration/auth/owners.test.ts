import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { callbackUrl, jobOwnerTag, newJob, ownerTag } from "../../../src/auth/job-credentials.ts";
import { tokenId } from "../../../src/config/api-tokens.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { readExpectation } from "../../../src/store/expectations.ts";
import { boundRequest } from "../../../src/store/submissions.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { basic, deliver, send, storedKeys, storedText, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { call, type JobCall, SIGNING_KEYS, statusOf } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { jobBy, jobIn, OWNERS, type OwnerName, register } from "../../support/owners.ts";
import { providerWorld } from "../../support/providers/world.ts";
import { postAll } from "../live/stream.ts";
import { act, signIn } from "../pages/browse.ts";

const reasons = async () => {
  const found = await env.TRANSCRIPTS.list({ prefix: "quarantine/", include: ["customMetadata"] });
  return found.objects.map(({ customMetadata }) => customMetadata?.reason);
};

/** Everything in R2 but the quarantine and its large bodies, with its etag. */
const record = async () => {
  const { objects } = await env.TRANSCRIPTS.list();
  return objects
    .filter(({ key }) => !/^(quarantine|bodies|body-refs)\//.test(key))
    .map(({ key, etag }) => [key, etag]);
};

/** Requests of alice's, each with the state that it is in. */
const HERS: Record<string, () => Promise<{ id: string; body: string }>> = {
  expected: async () => {
    const its = transcript();
    await register("alice", { request_id: its.id });
    return its;
  },
  received: async () => {
    const its = transcript();
    await call(its.body, await jobBy("alice", { request_id: its.id }));
    return its;
  },
  failed: async () => {
    const { id } = transcript();
    const body = errorBody("err_code", id);
    await call(body, await jobBy("alice", { request_id: id }));
    return { id, body };
  },
  live: async () => {
    const { requestId, messages } = streamScript({ requestId: crypto.randomUUID() });
    const { name, authorization } = await jobBy("alice");
    const how = { path: `/hook/${name}`, authorization, env: { SIGNING_KEYS } };
    await postAll(messages.slice(0, 8), how);
    return { id: requestId, body: "" };
  },
  submitted: async () => {
    const id = await listen("alice");
    return { id, body: transcript({ requestId: id }).body };
  },
};

/** `POST /v1/listen`; gives the id in Deepgram's answer. */
async function listen(owner: OwnerName): Promise<string> {
  const deepgram = providerWorld<object>(inject("usageUrl"));
  const request = new Request("https://edge.test/v1/listen?model=nova-3", {
    method: "POST",
    headers: { authorization: `Bearer token-${owner}`, "content-type": "application/json" },
    body: '{"url":"https://audio.test/call.wav"}',
  });
  const configured = { ...OWNERS, DEEPGRAM_URL: deepgram.url, DEEPGRAM_API_KEY: "a-deepgram-key" };
  const response = await send(request, configured);
  expect(response.status).toBe(200);
  return (await response.json<{ request_id: string }>()).request_id;
}

describe.each(Object.entries(HERS))("a request of another token that is %s", (state, make) => {
  it("has no job for a client that registers it", async () => {
    const { id } = await make();
    const before = await record();
    const { status, body } = await register("bob", { request_id: id });
    expect(status).toBe(409);
    const isStored = state === "received" || state === "failed";
    expect(body).toMatchObject(
      isStored ? { code: "already_received", state } : { code: "not_yours" },
    );
    expect(JSON.stringify(body)).not.toContain("/hook/");
    expect(await record()).toEqual(before);
  });

  it("is not bound to a job that is named", async () => {
    const { id } = await make();
    const job = await jobBy("bob");
    const before = await record();
    expect((await register("bob", { request_id: id, job: job.name })).status).toBe(409);
    expect(await record()).toEqual(before);
  });

  it.each(LANES)("is not written by a job without a request ($name)", async (lane) => {
    const { id } = await make();
    for (const body of [transcript({ requestId: id }).body, errorBody("err_code", id)]) {
      for (const method of ["POST", "PUT"]) {
        const { name, authorization } = await jobBy("bob");
        const before = await record();
        const path = `/hook/${name}`;
        const how = { path, authorization, method, env: { SIGNING_KEYS } };
        expect((await lane.deliver(body, how)).status).toBe(422);
        expect(await record()).toEqual(before);
      }
    }
    const isStored = state === "received" || state === "failed";
    expect(new Set(await reasons())).toEqual(
      new Set([isStored ? "already-stored" : "another-token"]),
    );
  });

  it("does not become live by messages of a stream", async () => {
    const { id } = await make();
    const { name, authorization } = await jobBy("bob");
    const before = await record();
    const { messages } = streamScript({ requestId: id, seed: 7, marks: false });
    const how = { path: `/hook/${name}`, authorization, env: { SIGNING_KEYS } };
    expect(new Set(await postAll(messages.slice(0, 4), how))).toEqual(new Set([422]));
    const upgrade = { upgrade: "websocket", authorization };
    const request = new Request(`https://edge.test/hook/${name}`, { headers: upgrade });
    const { webSocket } = await send(request, { SIGNING_KEYS });
    const closed = new Promise<CloseEvent>((resolve) =>
      webSocket?.addEventListener("close", resolve),
    );
    webSocket?.accept();
    webSocket?.send(JSON.stringify(messages[0]?.message));
    expect((await closed).code).toBe(1008);
    expect(await record()).toEqual(before);
  });

  it("is written by a job that an operator made for it", async () => {
    const { id } = await make();
    const registered = await register("operator", { request_id: id });
    expect(registered.status).toBe(201);
    const { body } = transcript({ requestId: id, words: 20 });
    expect((await call(body, jobIn(registered))).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
  });
});

describe("POST /v1/expected", () => {
  it("gives the same token the same job and URL", async () => {
    const { id, body } = transcript();
    const first = await register("alice", { request_id: id });
    expect(await register("alice", { request_id: id })).toEqual(first);
    expect((await call(body, jobIn(first))).status).toBe(200);
    const after = await register("alice", { request_id: id });
    expect([after.status, after.body]).toMatchObject([
      409,
      { code: "already_received", state: "received" },
    ]);
  });

  it("gives one of two tokens that register a request at once a job", async () => {
    const { id, body } = transcript();
    const both = await Promise.all(
      (["alice", "bob"] as const).map((owner) => register(owner, { request_id: id })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const winner = both.find(({ status }) => status === 201);
    expect((await call(body, jobIn(winner!))).status).toBe(200);
  });

  it("binds a job that was made before its request was known", async () => {
    const made = await register("alice");
    const { id, body } = transcript();
    const registered = await register("alice", { request_id: id, job: made.body.job });
    expect(registered.body).toMatchObject({ job: made.body.job, request_id: id });
    expect(registered.body.callback_url).toBe(made.body.callback_url);
    // Before anything has come: reads of the first id redirect.
    const led = await get(`/v1/transcripts/${made.body.request_id}/status`);
    expect((await call(transcript().body, jobIn(made))).status).toBe(422);
    expect((await call(body, jobIn(made))).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
    expect([led.status, led.headers.get("location")]).toEqual([
      307,
      `/v1/transcripts/${id}/status`,
    ]);
  });

  it("says already_received when the callback came before its submitter knew the id", async () => {
    const made = await register("alice");
    const { id, body } = transcript();
    expect((await call(body, jobIn(made))).status).toBe(200);
    for (const asked of [{ request_id: id }, { request_id: id, job: made.body.job }]) {
      const { status, body: answer } = await register("alice", asked);
      expect([status, answer]).toMatchObject([409, { code: "already_received" }]);
    }
    expect((await call(body, jobIn(made))).status).toBe(200);
  });

  it("takes what comes for such a job when its request was registered without naming it", async () => {
    const job = await jobBy("alice");
    const { id, body } = transcript();
    await register("alice", { request_id: id });
    expect((await call(body, job)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
  });

  it("refuses a job that is not the caller's, has another request, or was never made", async () => {
    const hers = await jobBy("alice");
    const { id } = transcript();
    const before = await record();
    const foreign = await register("bob", { request_id: id, job: hers.name });
    expect([foreign.status, foreign.body]).toMatchObject([409, { code: "not_yours" }]);
    const inTenYears = newJob("x", Date.now() + 3.2e11, await ownerTag("alice"));
    expect((await register("alice", { request_id: id, job: inTenYears })).status).toBe(400);
    expect((await register("alice", { request_id: id, job: newJob("x", Date.now()) })).status).toBe(
      409,
    );
    expect((await register("alice", { job: hers.name })).status).toBe(400);
    expect(await record()).toEqual(before);
    await register("alice", { request_id: id, job: hers.name });
    const twice = await register("alice", { request_id: transcript().id, job: hers.name });
    expect([twice.status, twice.body]).toMatchObject([
      409,
      { code: "job_has_request", request_id: id },
    ]);
  });

  it("binds nothing for a request that another token has taken meanwhile", async () => {
    const { id } = transcript();
    const job = await jobBy("bob");
    // Alice is quicker: between bob's look and his write.
    const put = async (key: string, ...rest: [string]) => {
      if (key === `expected/${id}`) await register("alice", { request_id: id });
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const asked = { request_id: id, job: job.name };
    expect((await register("bob", asked, { TRANSCRIPTS })).status).toBe(409);
    expect(await boundRequest(env.TRANSCRIPTS, job.name)).toBeNull();
  });

  it.each([
    ["alice", 59, 400],
    ["alice", 60, 201],
    ["operator", 1, 201],
  ] as const)("takes of %s a deadline of %i s with %i", async (owner, deadline_seconds, status) => {
    expect((await register(owner, { deadline_seconds })).status).toBe(status);
  });

  it("shows nothing of the token in the name of a job", async () => {
    const { name } = await jobBy("alice");
    expect(name).not.toContain("alice");
    expect(name).toMatch(/^[a-z0-9-]{1,64}$/);
    expect(jobOwnerTag(name)).toBe(await ownerTag("alice"));
  });
});

describe("a job without a request", () => {
  it("takes an unknown id for its token: later ones are refused", async () => {
    const { id, body } = transcript();
    expect((await call(body, await jobBy("alice"))).status).toBe(200);
    expect((await register("bob", { request_id: id })).status).toBe(409);
    const forged = transcript({ requestId: id, words: 30 }).body;
    expect((await call(forged, await jobBy("bob"))).status).toBe(422);
    expect(await statusOf(id)).toMatchObject({ state: "received", conflicts: [] });
  });

  it("is granted its retry after a crash between binding and storing", async () => {
    const { id, body } = transcript();
    const job = await jobBy("alice");
    const put = (key: string, ...rest: [string]) =>
      key.startsWith("callbacks/") ? refuses("R2 is away")() : env.TRANSCRIPTS.put(key, ...rest);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    expect((await call(body, job, { TRANSCRIPTS })).status).toBe(503);
    expect(await boundRequest(env.TRANSCRIPTS, job.name)).toBe(id);
    expect((await call(body, job)).status).toBe(200);
    expect((await call(body, job)).status).toBe(200);
    // Also what another token registered, or stored, in between.
    const second = transcript();
    const other = await jobBy("alice");
    await call(second.body, other, { TRANSCRIPTS });
    await register("bob", { request_id: second.id });
    expect((await call(second.body, other)).status).toBe(200);
    expect(await storedText(`callbacks/${second.id}`)).toBe(second.body);
  });

  it("is of the token that made it, not of one made later under its name", async () => {
    const at = (time: string) => ownerTag(tokenId("carol", time));
    expect(await at("2026-11-24T09:29:40.000Z")).not.toBe(await at("2026-11-25T09:29:40.000Z"));
    expect(await at("2026-11-24T09:29:40.000Z")).not.toBe(await ownerTag("carol"));
    expect(await at("2026-11-24T09:29:40.000Z")).toBe(await at("2026-11-24T09:29:40.000Z"));
  });

  it("of before jobs recorded their token takes what has no other job, and no token's", async () => {
    const job = newJob("x", Date.now());
    const url = new URL(await callbackUrl("https://edge.test", job, SIGNING_KEYS));
    const legacy: JobCall = {
      name: job,
      authorization: basic(`${url.username}:${url.password}`),
    };
    const { id, body } = transcript();
    await register("alice", { request_id: id });
    expect((await call(body, legacy)).status).toBe(422);
    expect((await call(transcript().body, legacy)).status).toBe(200);
  });
});

it("the receiver's own credential writes for every request on the URL of a job", async () => {
  const { id, body } = await HERS.expected!();
  const { name } = await jobBy("bob");
  const answer = await deliver(body, { path: `/hook/${name}`, env: { SIGNING_KEYS } });
  expect(answer.status).toBe(200);
  expect(await statusOf(id)).toMatchObject({ state: "received" });
  // Bob's job got nothing by that.
  expect(await boundRequest(env.TRANSCRIPTS, name)).toBeNull();
});

it("the transcript of a submission is stored though somebody else has registered its id", async () => {
  const id = await listen("alice");
  const job = (await readExpectation(env.TRANSCRIPTS, id as RequestId))?.job ?? "";
  expect(jobOwnerTag(job)).toBe(await ownerTag("alice"));
  await env.TRANSCRIPTS.delete(`expected/${id}`);
  await register("bob", { request_id: id });
  const url = new URL(await callbackUrl("https://edge.test", job, SIGNING_KEYS));
  const its = { name: job, authorization: basic(`${url.username}:${url.password}`) };
  expect((await call(transcript({ requestId: id }).body, its)).status).toBe(200);
});

it("a request that is submitted again stays with its token", async () => {
  const deepgram = providerWorld<object>(inject("usageUrl"));
  const id = await listen("alice");
  const customMetadata = {
    ...(await env.TRANSCRIPTS.head(`expected/${id}`))?.customMetadata,
    state: "overdue",
  };
  const source = { url: "https://audio.test/call.wav", query: "model=nova-3" };
  await env.TRANSCRIPTS.put(`expected/${id}`, JSON.stringify({ source }), { customMetadata });
  const replaced = { DEEPGRAM_URL: deepgram.url, DEEPGRAM_API_KEY: "a-deepgram-key" };
  const cookie = await signIn("admin-token");
  await act(`/transcripts/${id}/resubmit`, {}, { cookie, env: replaced });
  const { successor } = await statusOf(id);
  const again = await readExpectation(env.TRANSCRIPTS, successor as RequestId);
  expect(again?.tokenId).toBe("alice");
  expect(jobOwnerTag(again?.job ?? "")).toBe(await ownerTag("alice"));
  expect((await register("bob", { request_id: successor })).status).toBe(409);
});

it("no job is bound by what a refused body names", async () => {
  const { id } = await HERS.expected!();
  const job = await jobBy("bob");
  await call(transcript({ requestId: id }).body, job);
  expect((await storedKeys()).includes(`submitted/${job.name}`)).toBe(false);
  expect((await call(transcript().body, job)).status).toBe(200);
});
