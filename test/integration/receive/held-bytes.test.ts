import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHeldBytes, MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { bodyBytes } from "../../../src/store/take-body.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import { deliver, SECRET, storedText } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { faulty } from "../../support/faulty.ts";

/** Twelve of the largest bodies that are held in memory: 48 MiB outside the tests. */
const MOST = 12 * MAX_HELD_BYTES;
const BYTES = MAX_HELD_BYTES - 5_000;

afterEach(() => {
  vi.useRealTimers();
});

const transcript = (secret?: string) => {
  const id = crypto.randomUUID();
  const extra = secret === undefined ? {} : { callback_secret: secret };
  return { id, body: wholeBody(sizedBody({ bytes: BYTES, requestId: id, extra })) };
};

/** A bucket whose writes wait until it is opened. */
function closedBucket() {
  const gate = Promise.withResolvers<void>();
  const put = async (...args: Parameters<R2Bucket["put"]>) => {
    await gate.promise;
    return env.TRANSCRIPTS.put(...args);
  };
  return { bucket: faulty(env.TRANSCRIPTS, { put }), open: gate.resolve };
}

const ways = {
  "by announced length": (body: Uint8Array) => ({
    body,
    headers: { "content-length": String(body.length) },
  }),
  "in chunks": (body: Uint8Array) => ({ body: new Blob([body]).stream(), headers: {} }),
};

describe.each(Object.entries(ways))("bodies that come at once %s", (_, way) => {
  it("are held up to a limit, and refused beyond it until there is room", async () => {
    const before = bodyBytes.total();
    const { bucket, open } = closedBucket();
    const all = Array.from({ length: 20 }, () => transcript());
    const answers = all.map(({ body }) => {
      const { body: sent, headers } = way(body);
      return deliver(sent, { headers, env: { TRANSCRIPTS: bucket } });
    });
    const settled: number[] = [];
    for (const answer of answers) void answer.then(({ status }) => settled.push(status));
    await eventually(() => expect(settled.length).toBeGreaterThanOrEqual(7));
    expect(bodyBytes.total()).toBeLessThanOrEqual(MOST);
    expect(bodyBytes.total()).toBeGreaterThan(MOST - 2 * BYTES);
    expect(new Set(settled)).toEqual(new Set([503]));
    open();
    const responses = await Promise.all(answers);
    // What tests before left open may have been forgotten meanwhile.
    expect(bodyBytes.total()).toBeLessThanOrEqual(before);
    for (const [at, response] of responses.entries()) {
      const { id, body } = all[at] ?? transcript();
      if (response.status === 503) {
        expect(response.headers.get("retry-after")).toBe("30");
        expect(await response.json()).toMatchObject({ code: "busy" });
        expect(await storedText(`callbacks/${id}`)).toBeUndefined();
        const { body: sent, headers } = way(body);
        expect((await deliver(sent, { headers })).status).toBe(200);
      } else expect(response.status).toBe(200);
      expect(await storedText(`callbacks/${id}`)).toBe(new TextDecoder().decode(body));
    }
  });
});

it("those without credentials do not take the room of the others", async () => {
  const { bucket, open } = closedBucket();
  // All but the last byte of what is read without credentials, and then nothing.
  const endless = () =>
    new ReadableStream({
      type: "bytes",
      start: (controller) => controller.enqueue(new Uint8Array(262_143).fill(32)),
      pull: () => new Promise(() => {}),
    });
  const strangers = Array.from({ length: 80 }, () =>
    deliver(endless(), { authorization: null, env: { TRANSCRIPTS: bucket } }),
  );
  const refused = await Promise.race(strangers);
  expect(refused.status).toBe(503);
  const { body } = transcript();
  expect((await deliver(body)).status).toBe(200);
  open();
  expect(new Set((await Promise.all(strangers)).map(({ status }) => status))).toEqual(
    new Set([401, 503]),
  );
  const verified = transcript(SECRET);
  expect((await deliver(verified.body, { authorization: null })).status).toBe(200);
});

it("what an invocation held that the platform ended is forgotten", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const held = createHeldBytes(100);
  expect(held.open().take(100)).toBe(true);
  expect(held.open().take(1)).toBe(false);
  vi.setSystemTime(Date.now() + 121_000);
  expect(held.open().take(1)).toBe(true);
});
