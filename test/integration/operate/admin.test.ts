import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deliver, send, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("DELETE /v1/transcripts/{request_id}", () => {
  it("leaves nothing but a tombstone, and late deliveries are answered 200 and not stored", async () => {
    const { id, body } = transcript({ seed: 1 });
    const other = transcript({ seed: 2, requestId: id }).body;
    await deliver(body);
    await deliver(other);
    expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
    for (const late of [body, other, transcript({ seed: 3, requestId: id }).body]) {
      expect((await deliver(late)).status).toBe(200);
    }
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    const tombstone = await env.TRANSCRIPTS.get(`callbacks/${id}`);
    expect(await tombstone?.text()).toMatch(/^deleted /);
    expect(Object.keys(tombstone?.customMetadata ?? {}).sort()).toEqual([
      "deleted_at",
      "first_received_at",
      "state",
    ]);
  });

  it("sends no follow-ups for what comes after it", async () => {
    const { id, body } = transcript();
    const { queue, sent } = recordingQueue();
    await deliver(body);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    await deliver(body, { env: { FOLLOW_UP_QUEUE: queue } });
    expect(sent).toEqual([]);
  });

  it("may be repeated, and says when it was deleted first", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const erase = async () => {
      expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
      return (await env.TRANSCRIPTS.head(`callbacks/${id}`))?.customMetadata;
    };
    const first = await erase();
    later(60);
    expect(await erase()).toEqual(first);
  });

  it("tells the catalogue when it was deleted first, also when that was away then", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const CATALOGUE = faulty(env.CATALOGUE, { batch: refuses("away") });
    const request = new Request(`https://edge.test/v1/transcripts/${id}`, {
      method: "DELETE",
      headers: { authorization: OPERATOR },
    });
    expect((await send(request, { CATALOGUE })).status).toBe(204);
    const first = (await env.TRANSCRIPTS.head(`callbacks/${id}`))?.customMetadata?.deleted_at;
    later(60);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    const page = await (await get("/v1/transcripts?state=deleted")).json();
    expect(page).toMatchObject({ transcripts: [{ request_id: id, deleted_at: first }] });
  });

  it("is 404 for what was never there", async () => {
    const response = await asOperator(`/v1/transcripts/${crypto.randomUUID()}`, "DELETE");
    expect(response.status).toBe(404);
    expect(await storedKeys()).toEqual([]);
  });

  it.each(["before", "after"])(
    "wins against a version that is written just %s it",
    async (when) => {
      const { id, body } = transcript({ seed: 1 });
      await deliver(body);
      const erase = () => asOperator(`/v1/transcripts/${id}`, "DELETE");
      const put = async (key: string, ...rest: [string]) => {
        if (when === "after" && key.includes("/versions/")) await erase();
        const object = await env.TRANSCRIPTS.put(key, ...rest);
        if (when === "before" && key.includes("/versions/")) await erase();
        return object;
      };
      const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
      const other = transcript({ seed: 2, requestId: id }).body;
      expect((await deliver(other, { env: { TRANSCRIPTS } })).status).toBe(200);
      expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    },
  );

  it("has nothing written afterwards, not even for a moment", async () => {
    const { id, body } = transcript({ seed: 1 });
    await deliver(body);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    const written: string[] = [];
    const put = async (key: string, ...rest: [string]) => {
      const object = await env.TRANSCRIPTS.put(key, ...rest);
      if (object !== null) written.push(key);
      return object;
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    await deliver(transcript({ seed: 2, requestId: id }).body, { env: { TRANSCRIPTS } });
    expect(written).toEqual([]);
  });

  it("erases more than a page of what is kept beside it", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const keys = Array.from({ length: 45 }, (_, index) => `beside/${id}/versions/${index}`);
    await Promise.all(keys.map((key) => env.TRANSCRIPTS.put(key, "")));
    // R2 may give fewer than a thousand at once.
    const list = (options: R2ListOptions) => env.TRANSCRIPTS.list({ ...options, limit: 10 });
    await get(`/v1/transcripts/${id}`, {
      method: "DELETE",
      headers: { authorization: OPERATOR },
      env: { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { list }) },
    });
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
  });

  it("has all of it erased once more when consumers at work have ended", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const { queue, sent, delays } = recordingQueue();
    await get(`/v1/transcripts/${id}`, {
      method: "DELETE",
      headers: { authorization: OPERATOR },
      env: { FOLLOW_UP_QUEUE: queue },
    });
    expect(sent).toEqual([{ type: "callback", request_id: id }]);
    expect(delays).toEqual([120]);
  });

  it("does not need the catalogue", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const CATALOGUE = faulty(env.CATALOGUE, { batch: refuses("D1_ERROR: Network lost") });
    const headers = { authorization: OPERATOR };
    const response = await get(`/v1/transcripts/${id}`, {
      method: "DELETE",
      headers,
      env: { CATALOGUE },
    });
    expect(response.status).toBe(204);
  });

  it("that R2 refuses is 503 and can be repeated", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("10058") });
    const response = await get(`/v1/transcripts/${id}`, {
      method: "DELETE",
      headers: { authorization: OPERATOR },
      env: { TRANSCRIPTS },
    });
    expect(response.status).toBe(503);
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(200);
  });
});

describe("/v1/quarantine", () => {
  it("lists, shows and removes what could not be matched", async () => {
    await deliver("<script>alert(1)</script>", { headers: { "content-type": "text/html" } });
    const { quarantine } = await (await asOperator("/v1/quarantine")).json<{
      quarantine: { digest: string }[];
    }>();
    const digest = quarantine[0]?.digest ?? "";
    await deliver("<script>alert(1)</script>", { headers: { "content-type": "text/plain" } });
    expect(await (await asOperator("/v1/quarantine")).json()).toEqual({
      quarantine,
      next_cursor: null,
    });
    expect(quarantine).toEqual([
      {
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        reason: "not-json",
        content_type: "text/html",
        bytes: 25,
        received_at: expect.any(String),
      },
    ]);
    const shown = await asOperator(`/v1/quarantine/${digest}`);
    expect(await shown.text()).toBe("<script>alert(1)</script>");
    expect(shown.headers.get("content-type")).toBe("application/octet-stream");
    expect((await asOperator(`/v1/quarantine/${digest}`, "DELETE")).status).toBe(204);
    expect((await asOperator(`/v1/quarantine/${digest}`)).status).toBe(404);
    expect((await asOperator(`/v1/quarantine/${digest}`, "DELETE")).status).toBe(404);
    expect(await storedKeys()).toEqual([]);
  });

  it("lists page by page", async () => {
    for (const body of ["a", "b", "c"]) await deliver(body);
    const page = async (query: string) =>
      (await asOperator(`/v1/quarantine${query}`)).json<{
        quarantine: { digest: string }[];
        next_cursor: string | null;
      }>();
    const all = await page("");
    const first = await page("?limit=2");
    const second = await page(`?limit=2&cursor=${first.next_cursor}`);
    expect([...first.quarantine, ...second.quarantine]).toEqual(all.quarantine);
    expect([first.quarantine.length, second.next_cursor]).toEqual([2, null]);
  });

  it.each(["limit=0", "limit=1001", "limit=x", "cursor=../callbacks"])(
    "is 400 for %s",
    async (query) => {
      const response = await asOperator(`/v1/quarantine?${query}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(query.split("=")[0]);
    },
  );

  it.each(["x", "callbacks", "..%2fcallbacks"])("is 404 for the digest %s", async (digest) => {
    expect((await asOperator(`/v1/quarantine/${digest}`)).status).toBe(404);
  });
});
