import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";

const EXPECTED_AT = "2026-11-24T08:00:00.000Z";
const DEADLINE_AT = "2026-11-24T08:15:00.000Z";

/** As src/store/README.md has it. */
const expected = (id: string, state: string) =>
  env.TRANSCRIPTS.put(`expected/${id}`, "", {
    customMetadata: { state, expected_at: EXPECTED_AT, deadline_at: DEADLINE_AT },
  });

const VIEWS = ["", ".json", ".vtt", "/search?q=x"];

describe.each(VIEWS)("GET /v1/transcripts/{request_id}%s", (view) => {
  const read = (id: string) => get(`/v1/transcripts/${id}${view}`);

  it("is 404 when nothing is known, and never cached", async () => {
    const response = await read(crypto.randomUUID());
    expect(response.status).toBe(404);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it.each(["expected", "live"])("is 202 with the status when it is %s", async (state) => {
    const id = crypto.randomUUID();
    await expected(id, state);
    const response = await read(id);
    expect(response.status).toBe(202);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const status = await response.json();
    expect(status).toMatchObject({ request_id: id, state, deadline_at: DEADLINE_AT });
    expect(await (await get(`/v1/transcripts/${id}/status`)).json()).toEqual(status);
  });

  it("is 504 when it is overdue", async () => {
    const id = crypto.randomUUID();
    await expected(id, "overdue");
    const response = await read(id);
    expect(response.status).toBe(504);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ state: "overdue", expected_at: EXPECTED_AT });
  });

  it("is 424 with Deepgram's error when it failed", async () => {
    const id = crypto.randomUUID();
    await deliver(errorBody("err_code", id));
    const response = await read(id);
    expect(response.status).toBe(424);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({
      state: "failed",
      error: { code: expect.anything() },
    });
  });

  it("is 410 when it was deleted", async () => {
    const { id, body } = transcript();
    await deliver(body);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    const response = await read(id);
    expect(response.status).toBe(410);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it.each(["nothing", "expected", "overdue"])(
    "gives the transcript at the first read after the callback, having said %s before",
    async (before) => {
      const { id, body } = transcript();
      if (before !== "nothing") await expected(id, before);
      expect((await read(id)).ok && before === "nothing").toBe(false);
      await deliver(body);
      expect((await read(id)).status).toBe(200);
    },
  );

  it("is 503 when what is expected cannot be read", async () => {
    const id = crypto.randomUUID();
    const head = (key: string) =>
      key.startsWith("expected/") ? refuses("away")() : env.TRANSCRIPTS.head(key);
    const get_ = (key: string) =>
      key.startsWith("expected/") ? refuses("away")() : env.TRANSCRIPTS.get(key);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { head, get: get_ });
    const response = await get(`/v1/transcripts/${id}${view}`, { env: { TRANSCRIPTS } });
    expect(response.status).toBe(503);
  });
});

it("a version that is not there is 404, whatever is expected", async () => {
  const id = crypto.randomUUID();
  await expected(id, "expected");
  expect((await get(`/v1/transcripts/${id}?version=${"0".repeat(64)}`)).status).toBe(404);
});

it("what is expected can be deleted, and then stays so", async () => {
  const { id, body } = transcript();
  await expected(id, "expected");
  expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
  expect(await env.TRANSCRIPTS.head(`expected/${id}`)).toBeNull();
  expect((await get(`/v1/transcripts/${id}`)).status).toBe(410);
  expect((await deliver(body)).status).toBe(200);
  expect((await get(`/v1/transcripts/${id}`)).status).toBe(410);
});
