import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { consume } from "../../support/consume.ts";
import { deliver, send, storedKeys, storedText, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { bind, call, expected, SIGNING_KEYS, statusOf } from "../../support/jobs.ts";

/** Where its status leads. */
const ledTo = async (id: string) =>
  (await get(`/v1/transcripts/${id}/status`)).headers.get("location");

describe("POST /v1/expected", () => {
  it("registers a request: 202 until its callback comes", async () => {
    const { id, body } = transcript();
    const its = await expected({ request_id: id });
    expect(its.request_id).toBe(id);
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(202);
    expect(await statusOf(id)).toMatchObject({ state: "expected", request_id: id });
    expect((await call(body, its)).status).toBe(200);
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(200);
  });

  it("creates a job for a request that is not known yet, and leads to it when it comes", async () => {
    const its = await expected();
    expect((await get(`/v1/transcripts/${its.request_id}`)).status).toBe(202);
    const { id, body } = transcript();
    expect((await call(body, its)).status).toBe(200);
    const led = await get(`/v1/transcripts/${its.request_id}.vtt?speakers=false`);
    expect(led.status).toBe(307);
    expect(led.headers.get("location")).toBe(`/v1/transcripts/${id}.vtt?speakers=false`);
    expect(await ledTo(its.request_id)).toBe(`/v1/transcripts/${id}/status`);
  });

  it.each(["", "/status"])(
    "reads of such a job (%s) redirect as soon as it comes",
    async (view) => {
      const its = await expected();
      const { id, body } = transcript();
      const waiting = get(`/v1/transcripts/${its.request_id}${view}?wait=50`);
      await scheduler.wait(300);
      expect((await call(body, its)).status).toBe(200);
      const led = await waiting;
      expect(led.status).toBe(307);
      expect(led.headers.get("location")).toBe(`/v1/transcripts/${id}${view}?wait=50`);
    },
  );

  it("takes what comes for such a job although its request is watched under a job of its own", async () => {
    const its = await expected();
    const { id, body } = transcript();
    await expected({ request_id: id });
    expect((await call(body, its)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
    expect(await ledTo(its.request_id)).toBe(`/v1/transcripts/${id}/status`);
  });

  it("files what comes for such a job without an id under the id that was given out", async () => {
    const its = await expected();
    expect((await call("", its)).status).toBe(200);
    expect(await statusOf(its.request_id)).toMatchObject({ state: "failed" });
  });

  it("files what comes without an id under the request that was registered", async () => {
    const { id } = transcript();
    const its = await expected({ request_id: id });
    expect((await call("", its)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "failed" });
  });

  it("leads to the request also when the delivery before died once the job was bound", async () => {
    const its = await expected();
    const { id, body } = transcript();
    await bind(its.name, id);
    expect((await call(body, its)).status).toBe(200);
    expect(await ledTo(its.request_id)).toBe(`/v1/transcripts/${id}/status`);
  });

  it.each(["", "/status", "/events"])(
    "leads on only once the request is there: %s",
    async (view) => {
      const its = await expected();
      const { body } = transcript();
      const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
        put: (key: string, ...rest: [string]) =>
          key.startsWith("callbacks/") ? refuses("away")() : env.TRANSCRIPTS.put(key, ...rest),
      });
      expect((await call(body, its, { TRANSCRIPTS })).status).toBe(503);
      const path = `/v1/transcripts/${its.request_id}${view}`;
      const early = await get(path);
      await early.body?.cancel();
      expect(early.status).toBe(view === "" ? 202 : 200);
      expect((await call(body, its)).status).toBe(200);
      expect((await get(path)).status).toBe(307);
    },
  );

  it("leads on those who ask for follow-ups too", async () => {
    const its = await expected();
    const ask = () => {
      const request = new Request(`https://edge.test/v1/transcripts/${its.request_id}/follow-ups`, {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: '{"translate":["es"]}',
      });
      return send(request, {
        TRANSLATOR: "libretranslate",
        LIBRETRANSLATE_URL: "http://127.0.0.1:1",
      });
    };
    expect((await ask()).status).toBe(409);
    const { id, body } = transcript();
    await call(body, its);
    const led = await ask();
    expect([led.status, led.headers.get("location")]).toEqual([
      307,
      `/v1/transcripts/${id}/follow-ups`,
    ]);
  });

  it("takes one request for a job, not a second", async () => {
    const its = await expected();
    expect((await call(transcript().body, its)).status).toBe(200);
    expect((await call(transcript().body, its)).status).toBe(422);
  });

  it.each(["{bad", "", '{"a":'])(
    "says of a body that is not JSON that it is none: %j",
    async (body) => {
      const request = new Request("https://edge.test/v1/expected", {
        method: "POST",
        headers: { authorization: OPERATOR },
        body,
      });
      const response = await send(request, { SIGNING_KEYS });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ detail: "The body is not JSON." });
    },
  );

  it.each([{ request_id: "no-uuid" }, { deadline_seconds: 0 }, { job: "mine" }])(
    "%j is a 400",
    async (body) => {
      const request = new Request("https://edge.test/v1/expected", {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: JSON.stringify(body),
      });
      expect((await send(request, { SIGNING_KEYS })).status).toBe(400);
    },
  );

  it("is 503 without a signing key", async () => {
    const request = new Request("https://edge.test/v1/expected", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: "{}",
    });
    expect((await send(request, { SIGNING_KEYS: "short" })).status).toBe(503);
  });
});

describe("DELETE /v1/transcripts/{request_id} of such a job", () => {
  it("keeps out the transcript that has not come yet, whichever id it is asked by", async () => {
    const its = await expected();
    expect((await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE")).status).toBe(204);
    const { id, body } = transcript();
    const { queue, sent } = recordingQueue();
    for (let time = 0; time < 2; time++) {
      expect((await call(body, its, { FOLLOW_UP_QUEUE: queue })).status).toBe(200);
    }
    // The catalogue is to learn of it; nothing follows.
    expect(sent).toEqual(Array(2).fill({ type: "callback", request_id: id }));
    await consume(sent, { FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}' });
    expect((await storedKeys()).filter((key) => !key.startsWith("submitted/")).sort()).toEqual(
      [`callbacks/${id}`, `callbacks/${its.request_id}`].sort(),
    );
    for (const gone of [id, its.request_id]) {
      expect((await get(`/v1/transcripts/${gone}`)).status).toBe(410);
    }
  });

  it("erases nothing that came without the job", async () => {
    const its = await expected();
    expect((await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE")).status).toBe(204);
    const { id, body } = transcript();
    expect((await deliver(body)).status).toBe(200);
    await expected({ request_id: id, job: its.job });
    expect(await (await get(`/v1/transcripts/${id}`)).text()).toBe(body);
  });

  it("keeps out a failure without an id", async () => {
    const its = await expected();
    await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
    expect((await call("no audio", its)).status).toBe(200);
    expect((await get(`/v1/transcripts/${its.request_id}`)).status).toBe(410);
  });

  it("erases the transcript that has come", async () => {
    const its = await expected();
    const { id, body } = transcript();
    await call(body, its);
    expect((await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE")).status).toBe(204);
    for (const gone of [id, its.request_id]) {
      expect((await get(`/v1/transcripts/${gone}`)).status).toBe(410);
    }
    expect((await call(body, its)).status).toBe(200);
    expect(await storedText(`callbacks/${id}`)).toMatch(/^deleted /);
  });

  it.each(["before", "after"])("wins when it comes just %s the job is led on", async (when) => {
    const its = await expected();
    const { id, body } = transcript();
    const erase = () => asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
    const put = async (key: string, ...rest: [string]) => {
      const isLink = key === `expected/${its.request_id}`;
      if (isLink && when === "before") await erase();
      const object = await env.TRANSCRIPTS.put(key, ...rest);
      if (isLink && when === "after") await erase();
      return object;
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const answer = await call(body, its, { TRANSCRIPTS });
    if (!answer.ok) expect((await call(body, its)).status).toBe(200);
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(410);
  });

  it("takes a request out of the catalogue that was registered by itself", async () => {
    const its = await expected();
    const { id, body } = transcript();
    await expected({ request_id: id });
    await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
    const { queue, sent } = recordingQueue();
    await call(body, its, { FOLLOW_UP_QUEUE: queue });
    await consume(sent);
    const listed = async (state: string) => {
      const page = await get(`/v1/transcripts?state=${state}`);
      const { transcripts } = await page.json<{ transcripts: { request_id: string }[] }>();
      return transcripts.map(({ request_id }) => request_id);
    };
    expect(await listed("expected")).toEqual([]);
    expect((await listed("deleted")).sort()).toEqual([id, its.request_id].sort());
  });

  it("wins when it comes while the transcript is stored", async () => {
    const its = await expected();
    const { id, body } = transcript();
    const put = async (key: string, ...rest: [string]) => {
      if (key === `callbacks/${id}`) {
        await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
      }
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    expect((await call(body, its, { TRANSCRIPTS })).status).toBe(200);
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(410);
  });

  it("ends, when somebody has called back with that very id", async () => {
    const its = await expected();
    const { body } = transcript({ requestId: its.request_id });
    expect((await call(body, its)).status).toBe(200);
    expect((await get(`/v1/transcripts/${its.request_id}`)).status).toBe(200);
    expect(
      (await env.TRANSCRIPTS.head(`expected/${its.request_id}`))?.customMetadata,
    ).not.toHaveProperty("successor");
    expect((await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE")).status).toBe(204);
    expect((await get(`/v1/transcripts/${its.request_id}`)).status).toBe(410);
  });

  it("ends, when two jobs were called back with the ids of each other", async () => {
    const [one, other] = [await expected(), await expected()];
    await call(transcript({ requestId: other.request_id }).body, one);
    await call(transcript({ requestId: one.request_id }).body, other);
    expect((await asOperator(`/v1/transcripts/${one.request_id}`, "DELETE")).status).toBe(204);
    for (const { request_id } of [one, other]) {
      expect((await get(`/v1/transcripts/${request_id}`)).status).toBe(410);
    }
    expect((await storedKeys()).filter((key) => key.startsWith("expected/"))).toEqual([]);
  });

  it("leaves a request alone that had come without the job", async () => {
    const its = await expected();
    const { id, body } = transcript();
    await deliver(body);
    await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
    expect((await call(body, its)).status).toBe(422);
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });
});
