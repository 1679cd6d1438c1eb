import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { asOperator, get, READER } from "../../support/get.ts";

/** R2 that counts its operations. */
function counted() {
  const calls: string[] = [];
  const count =
    (name: "head" | "get" | "list") =>
    (...args: [never, never]) => {
      calls.push(name);
      return env.TRANSCRIPTS[name](...args);
    };
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
    head: count("head"),
    get: count("get"),
    list: count("list"),
  });
  return { calls, TRANSCRIPTS };
}

/** Of `wait=20`: half of it is far from both ends on any machine. */
const WAIT_MS = 20_000;

const elapsed = async (work: Promise<Response>) => {
  const started = Date.now();
  const response = await work;
  return { response, ms: Date.now() - started };
};

// Side by side: each of them waits for seconds.
describe.concurrent.each(["", ".vtt", "/status"])(
  "GET /v1/transcripts/{request_id}%s?wait=",
  (view) => {
    it("answers when it arrives, long before the wait is over", async () => {
      const { id, body } = transcript();
      const waiting = get(`/v1/transcripts/${id}${view}?wait=20`);
      await scheduler.wait(1_300);
      await deliver(body);
      const { response, ms } = await elapsed(waiting);
      expect(response.status).toBe(200);
      expect(ms).toBeLessThan(WAIT_MS / 2);
    });

    it("answers at once when it is there", async () => {
      const { id, body } = transcript();
      await deliver(body);
      const { response, ms } = await elapsed(get(`/v1/transcripts/${id}${view}?wait=20`));
      expect(response.status).toBe(200);
      expect(ms).toBeLessThan(WAIT_MS / 2);
    });

    it("is over in time, and costs at most one operation a second", async () => {
      const { calls, TRANSCRIPTS } = counted();
      const path = `/v1/transcripts/${crypto.randomUUID()}${view}?wait=2`;
      const { response, ms } = await elapsed(get(path, { env: { TRANSCRIPTS } }));
      expect(response.status).toBe(404);
      expect(ms).toBeGreaterThan(1_900);
      // Two while it waits; then the answer asks for the callback and for what is expected.
      expect(calls.length).toBeLessThanOrEqual(4);
    });

    it("ends when the client is gone", async () => {
      const { calls, TRANSCRIPTS } = counted();
      const client = new AbortController();
      const request = new Request(
        `https://edge.test/v1/transcripts/${crypto.randomUUID()}${view}?wait=20`,
        { headers: { authorization: READER }, signal: client.signal },
      );
      const waiting = send(request, { TRANSCRIPTS });
      await scheduler.wait(300);
      client.abort();
      const { ms } = await elapsed(waiting);
      expect(ms).toBeLessThan(WAIT_MS / 2);
      const after = calls.length;
      await scheduler.wait(2_200);
      expect(calls.length).toBe(after);
    });
  },
);

it("a deletion ends the wait too", async () => {
  const { id, body } = transcript();
  await deliver(body);
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  const { response, ms } = await elapsed(get(`/v1/transcripts/${id}?wait=20`));
  expect(response.status).toBe(410);
  expect(ms).toBeLessThan(WAIT_MS / 2);
});
