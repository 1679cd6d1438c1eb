import { env } from "cloudflare:workers";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { jobRequestId } from "../../../src/auth/job-credentials.ts";
import { createToken, revokeTokens } from "../../../src/auth/tokens.ts";
import { submissionName } from "../../../src/store/submissions.ts";
import { basic, send, storedKeys, transcript } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { OPERATOR } from "../../support/get.ts";
import { call, SIGNING_KEYS, statusOf } from "../../support/jobs.ts";
import { providerWorld } from "../../support/providers/world.ts";

afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;

/** A Deepgram of its own, and what the Worker needs to submit to it. */
function deepgramWorld() {
  const world = providerWorld<object>(inject("usageUrl"));
  const PUBLIC_URL = "https://edge.test";
  const own = { DEEPGRAM_URL: world.url, DEEPGRAM_API_KEY: "k", SIGNING_KEYS, PUBLIC_URL };
  const submissions = async () => (await world.state()).requests;
  /** The job of the submission with this index. */
  const jobAt = async (index: number) => {
    const { path } = await eventually(async () => {
      const submission = (await submissions())[index];
      if (submission === undefined) throw new Error("nothing was submitted");
      return submission;
    });
    const callback = new URL(new URL(path, "https://a.test").searchParams.get("callback") ?? "");
    const authorization = basic(`${callback.username}:${callback.password}`);
    return { name: callback.username, authorization };
  };
  return { ...world, own, submissions, jobAt };
}

type Listening = {
  authorization?: string;
  query?: string;
  type?: string;
  path?: string;
  key?: string;
  env?: Partial<Env>;
};

const listen = (body: string | Uint8Array, own: Partial<Env>, listening: Listening = {}) => {
  const { authorization = OPERATOR, query = "model=nova-3", key = "k1" } = listening;
  const { type = "audio/wav", path = "/v1/listen" } = listening;
  const headers = {
    authorization,
    "content-type": type,
    "content-length": String(new Blob([body]).size),
    "idempotency-key": key,
  };
  const init = { method: "POST", headers, body };
  return send(new Request(`https://edge.test${path}?${query}`, init), { ...own, ...listening.env });
};

const JSON_TYPE = { type: "application/json" };
const json = (url: string) => JSON.stringify({ url });

const reused = async (response: Response) => {
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ code: "idempotency_key_reused" });
};

describe("another request under the same Idempotency-Key is 422, and submits nothing", () => {
  it.each<[string, string, Listening]>([
    ["query", "audio", { query: "model=nova-2" }],
    ["content type", "audio", { type: "audio/mpeg" }],
    ["length", "audios", {}],
    ["path", "audio", { path: "/v1/listen/" }],
    ["audio of the same length", "AUDIO", {}],
  ])("another %s", async (_, body, listening) => {
    const { own, submissions } = deepgramWorld();
    expect((await listen("audio", own)).status).toBe(200);
    await reused(await listen(body, own, listening));
    expect(await submissions()).toHaveLength(1);
  });

  it("another JSON body of the same length", async () => {
    const { own, submissions } = deepgramWorld();
    await listen(json("https://a.test/a.wav"), own, JSON_TYPE);
    await reused(await listen(json("https://a.test/b.wav"), own, JSON_TYPE));
    expect(await submissions()).toHaveLength(1);
  });

  it("while the first is in work too", async () => {
    const { own, submissions, fail, jobAt } = deepgramWorld();
    await fail({ hangMs: 3_000 });
    const first = listen(json("https://a.test/a.wav"), own, JSON_TYPE);
    await jobAt(0);
    const same = await listen(json("https://a.test/a.wav"), own, JSON_TYPE);
    expect([same.status, same.headers.get("retry-after")]).toEqual([409, "5"]);
    expect(await same.json()).toMatchObject({ code: "submission_in_progress" });
    await reused(await listen(json("https://a.test/b.wav"), own, JSON_TYPE));
    expect((await first).status).toBe(200);
    expect(await submissions()).toHaveLength(1);
  });
});

it.each([
  ["audio", "audio".repeat(100_000), {}],
  ["JSON", json("https://a.test/a.wav"), JSON_TYPE],
])("the same request is answered as the first time: %s", async (_, body, listening) => {
  const { own, submissions } = deepgramWorld();
  const first = await (await listen(body, own, listening)).text();
  const second = await listen(body, own, listening);
  expect(await second.text()).toBe(first);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect((await submissions()).map(({ body: sent }) => sent)).toEqual([body]);
});

it("a key belongs to its token, and not to a later one of the same name", async () => {
  const { own, submissions } = deepgramWorld();
  const made = async (created_at: string) =>
    `Bearer ${await createToken(env.SETTINGS, { name: "ann", scopes: ["submit"], created_at })}`;
  const one = await made("2026-11-29T10:00:00.000Z");
  await listen("audio", own, { authorization: one });
  await listen("audio", own, { authorization: one });
  expect(await submissions()).toHaveLength(1);
  await revokeTokens(env.SETTINGS, "ann");
  await listen("other", own, { authorization: await made("2026-11-29T11:00:00.000Z") });
  await listen("audio", own);
  expect(await submissions()).toHaveLength(3);
});

describe("a claim whose Worker died", () => {
  /** A submission that Deepgram takes, and never answers. */
  async function dying(body: string, listening: Listening = {}) {
    const world = deepgramWorld();
    await world.fail({ hangMs: 600_000 });
    void listen(body, world.own, listening).catch(() => {});
    const job = await world.jobAt(0);
    const again = () => listen(body, world.own, listening);
    return { ...world, job, again };
  }

  const later = (minutes: number) =>
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * MINUTE_MS });

  it("is respected for the ten minutes that Deepgram may take", async () => {
    const { again, submissions } = await dying(json("https://a.test/a.wav"), JSON_TYPE);
    later(14);
    const response = await again();
    expect([response.status, response.headers.get("retry-after")]).toEqual([409, "5"]);
    expect(await submissions()).toHaveLength(1);
  });

  it("is answered with the id that came with the callback, and submits nothing", async () => {
    const { again, job, submissions } = await dying(json("https://a.test/a.wav"), JSON_TYPE);
    const { id, body } = transcript();
    expect((await call(body, job)).status).toBe(200);
    later(16);
    for (let repetition = 0; repetition < 2; repetition++) {
      const response = await again();
      expect([response.status, await response.json()]).toEqual([200, { request_id: id }]);
    }
    expect(await submissions()).toHaveLength(1);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
  });

  it("is answered with the id that was recorded before it died, which is then expected", async () => {
    const { again, job, submissions } = await dying(json("https://a.test/a.wav"), JSON_TYPE);
    const id = crypto.randomUUID();
    await env.TRANSCRIPTS.put(`submitted/${job.name}`, "", { customMetadata: { request_id: id } });
    later(16);
    expect(await (await again()).json()).toEqual({ request_id: id });
    expect(await statusOf(id)).toMatchObject({ state: "expected" });
    expect(await submissions()).toHaveLength(1);
  });

  it.each([
    ["JSON", json("https://a.test/a.wav"), JSON_TYPE],
    ["audio that was sent whole", "audio", {}],
  ])(
    "is not submitted twice where Deepgram may have accepted it: %s",
    async (_, body, listening) => {
      const { again, job, submissions } = await dying(body, listening);
      later(16);
      const response = await again();
      const waiting = await jobRequestId(job.name);
      expect(response.status).toBe(424);
      expect(await response.json()).toMatchObject({ request_id: waiting, job: job.name });
      expect(await statusOf(waiting)).toMatchObject({ state: "expected" });
      expect(await submissions()).toHaveLength(1);
      // The callback that comes after all is led to, and the key is answered with its id.
      const { id, body: callback } = transcript();
      expect((await call(callback, job)).status).toBe(200);
      expect(await (await again()).json()).toEqual({ request_id: id });
    },
  );

  it("compares the audio of the repetition with what was sent", async () => {
    const { own, submissions } = await dying("audio");
    later(16);
    await reused(await listen("AUDIO", own));
    expect(await submissions()).toHaveLength(1);
  });

  it("is submitted once more where its audio was not sent whole, once of two at the same time", async () => {
    const { own, submissions } = deepgramWorld();
    // Dies before the last part of the audio.
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: (key: string, ...rest: [string, R2PutOptions]) =>
        key.includes("/sent/") || key.endsWith("/answer")
          ? Promise.reject(new Error("dead"))
          : env.TRANSCRIPTS.put(key, ...rest),
    });
    await listen("audio", { ...own, TRANSCRIPTS });
    expect((await storedKeys()).filter((key) => key.includes("/sent/"))).toEqual([]);
    const before = (await submissions()).filter(({ status }) => status === 200).length;
    expect(before).toBe(0);
    expect((await listen("audio", own)).status).toBe(409);
    later(16);
    const both = await Promise.all([listen("audio", own), listen("audio", own)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const accepted = (await submissions()).filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(1);
  });

  it("of an earlier version, which has no job, is free again", async () => {
    const { own, submissions } = deepgramWorld();
    await env.TRANSCRIPTS.put(`idempotency/${await submissionName("operator", "k1")}/claim`, "");
    expect((await listen("audio", own)).status).toBe(409);
    later(16);
    expect((await listen("audio", own)).status).toBe(200);
    expect(await submissions()).toHaveLength(1);
  });
});

it("a key is free again after Deepgram's refusal, for another request too", async () => {
  const { own, fail, submissions } = deepgramWorld();
  await fail({ status: 402 });
  expect((await listen("audio", own)).status).toBe(402);
  expect((await listen("other", own)).status).toBe(200);
  expect(await submissions()).toHaveLength(2);
});

it("nothing is submitted when the key cannot be claimed", async () => {
  const { own, submissions } = deepgramWorld();
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("away") });
  expect((await listen("audio", { ...own, TRANSCRIPTS })).status).toBe(503);
  expect(await submissions()).toHaveLength(0);
});

describe("POST /v1/listen takes no callback of the caller's", () => {
  it.each([
    "callback=https://a.test",
    "Callback=https://a.test",
    "CALLBACK=x",
    "callback[]=x",
    "callback%5B%5D=x",
    "%63allback=x",
    "call%62ack=x",
    "callback",
    "callback_url=x",
    "Callback_Method=put",
    "callback_method[]=put",
    "%20callback=x",
    "model=nova-3&callback.0=x",
  ])("%s", async (query) => {
    const { own, submissions } = deepgramWorld();
    const response = await listen("audio", own, { query, key: "" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_parameter" });
    expect(await submissions()).toHaveLength(0);
  });

  it("but its method", async () => {
    const { own, submissions } = deepgramWorld();
    const query = "callback_method=put&tag=callback&recall=callback";
    expect((await listen("audio", own, { query, key: "" })).status).toBe(200);
    const [{ path } = { path: "" }] = await submissions();
    const sent = [...new URL(path, "https://a.test").searchParams.keys()];
    expect(sent).toEqual(["callback_method", "tag", "recall", "callback"]);
  });
});
