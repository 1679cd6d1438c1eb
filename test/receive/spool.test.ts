import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { MAX_HELD_BYTES } from "../../src/limits.ts";
import { sizedBody, wholeBody } from "../support/bodies/sized.ts";
import { BASIC, deliver, SECRET, settledKeys, storedKeys, transcript } from "../support/deliver.ts";
import { faulty, refuses } from "../support/faulty.ts";
import { get } from "../support/get.ts";

const BYTES = MAX_HELD_BYTES + 1_500_000;

afterEach(() => {
  vi.useRealTimers();
});

const large = (options: Partial<Parameters<typeof sizedBody>[0]> = {}) => {
  const id = crypto.randomUUID();
  return { id, body: wholeBody(sizedBody({ bytes: BYTES, requestId: id, ...options })) };
};

/** The first bytes of a body in chunks, and then an end or a broken connection. */
function streamOf(body: Uint8Array, bytes: number, ends: "ends" | "breaks") {
  let from = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const to = Math.min(from + 65_536, bytes);
      if (to > from) controller.enqueue(body.slice(from, to));
      else if (ends === "ends") controller.close();
      else controller.error(new Error("connection reset"));
      from = to;
    },
  });
}

const announcing = (bytes: number) => ({ headers: { "content-length": String(bytes) } });

/** The bucket, and what became of the uploads in parts that were begun in it. */
function watched() {
  const ends: string[] = [];
  const createMultipartUpload = async (key: string) => {
    const upload = await env.TRANSCRIPTS.createMultipartUpload(key);
    const note = (end: "complete" | "abort") => (parts: R2UploadedPart[]) => {
      ends.push(end);
      return end === "complete" ? upload.complete(parts) : upload.abort();
    };
    return faulty(upload, { complete: note("complete"), abort: note("abort") });
  };
  return { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { createMultipartUpload }), ends };
}

const PLACES = [0, 1, 70_000, MAX_HELD_BYTES - 1, MAX_HELD_BYTES, MAX_HELD_BYTES + 1, BYTES - 1];

describe("a large body", () => {
  it.each(PLACES)("cut after %d bytes is 400 and leaves nothing", async (place) => {
    const { body } = large();
    const announced = await deliver(streamOf(body, place, "breaks"), announcing(BYTES));
    const { TRANSCRIPTS, ends } = watched();
    const chunked = await deliver(streamOf(body, place, "breaks"), { env: { TRANSCRIPTS } });
    expect([announced.status, chunked.status]).toEqual([400, 400]);
    expect(await storedKeys()).toEqual([]);
    expect(ends).toEqual(place > MAX_HELD_BYTES ? ["abort"] : []);
  });

  it.each([-1, 1, -1_000_000, 1_000_000])(
    "that is %d bytes longer than announced is refused and leaves nothing",
    async (more) => {
      const { body } = large();
      const response = await deliver(streamOf(body, BYTES, "ends"), announcing(BYTES - more));
      expect(response.status).toBe(400);
      expect(await storedKeys()).toEqual([]);
    },
  );

  it.each(["announced", "chunked"])(
    "over the maximum (%s) is 413 and leaves nothing",
    async (how) => {
      const { body } = large();
      const response = await deliver(streamOf(body, BYTES, "ends"), {
        env: { MAX_CALLBACK_BYTES: String(BYTES - 1) },
        ...(how === "announced" && announcing(BYTES)),
      });
      expect(response.status).toBe(413);
      expect(await storedKeys()).toEqual([]);
    },
  );

  it("is not there before it was verified, even for an R2 that has every byte of it", async () => {
    const { body } = large();
    const put = async (key: string, value: ReadableStream<Uint8Array>) => {
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of value) {
        parts.push(part);
        bytes += part.length;
        if (bytes === BYTES) break;
      }
      return env.TRANSCRIPTS.put(key, await new Blob(parts).arrayBuffer());
    };
    const response = await deliver(streamOf(body, BYTES, "ends"), {
      authorization: null,
      ...announcing(BYTES),
      env: { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put }) },
    });
    expect(response.status).toBe(401);
    expect(await storedKeys()).toEqual([]);
  });

  it("without credentials has its upload aborted", async () => {
    const { body } = large();
    const { TRANSCRIPTS, ends } = watched();
    const stream = streamOf(body, BYTES, "ends");
    const response = await deliver(stream, { authorization: null, env: { TRANSCRIPTS } });
    expect(response.status).toBe(401);
    expect(ends).toEqual(["abort"]);
    expect(await storedKeys()).toEqual([]);
  });

  it.each([false, true])(
    "is verified and masked wherever its metadata is (last: %s)",
    async (last) => {
      const { id, body } = large({ callbackSecret: SECRET, metadataLast: last, tags: ["a"] });
      const response = await deliver(streamOf(body, BYTES, "ends"), {
        authorization: null,
        ...announcing(BYTES),
      });
      expect(response.status).toBe(200);
      const text = await (await get(`/v1/transcripts/${id}`)).text();
      const sent = new TextDecoder().decode(body);
      expect(text === sent.replace(SECRET, "*".repeat(SECRET.length))).toBe(true);
      const status = await (await get(`/v1/transcripts/${id}/status`)).json();
      expect(status).toMatchObject({ state: "received", bytes: BYTES, tags: ["a"] });
    },
  );

  it.each(["put", "createMultipartUpload"] as const)(
    "that R2 does not take (%s) is 503, and the next try is stored",
    async (method) => {
      const { id, body } = large();
      const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { [method]: refuses("internal error") });
      const headers = method === "put" ? announcing(BYTES) : {};
      const stream = () => streamOf(body, BYTES, "ends");
      expect((await deliver(stream(), { ...headers, env: { TRANSCRIPTS } })).status).toBe(503);
      expect(await settledKeys()).toEqual([]);
      expect((await deliver(stream(), headers)).status).toBe(200);
      expect(await settledKeys()).toEqual([`callbacks/${id}`]);
    },
  );

  it("whose upload fails on the way is aborted", async () => {
    const { body } = large();
    const { TRANSCRIPTS: bucket, ends } = watched();
    const createMultipartUpload = async (key: string) => {
      const upload = await bucket.createMultipartUpload(key);
      return faulty(upload, { uploadPart: refuses("internal error") });
    };
    const TRANSCRIPTS = faulty(bucket, { createMultipartUpload });
    const response = await deliver(streamOf(body, BYTES, "ends"), { env: { TRANSCRIPTS } });
    expect(response.status).toBe(503);
    expect(ends).toEqual(["abort"]);
  });

  it("is stored, and its spool cleared, when the sender no longer waits for the answer", async () => {
    const { id, body } = large();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const put = async (key: string, ...rest: [string]) => {
      if (key.startsWith("callbacks/")) {
        reached.resolve();
        await gate.promise;
      }
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const context = createExecutionContext();
    const request = new Request<unknown, IncomingRequestCfProperties>("https://edge.test/hook", {
      method: "POST",
      body: streamOf(body, BYTES, "ends"),
      headers: { ...announcing(BYTES).headers, authorization: BASIC },
    });
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const answer = worker.fetch(request, { ...env, TRANSCRIPTS }, context);
    await reached.promise;
    // What the runtime lets go on after a sender has hung up is this, and not the answer.
    let isOver = false;
    const over = waitOnExecutionContext(context).then(() => {
      isOver = true;
    });
    await scheduler.wait(50);
    expect(isOver).toBe(false);
    gate.resolve();
    await over;
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    await answer;
  });

  it("that is there already is not sent over again", async () => {
    const { body } = large();
    await deliver(streamOf(body, BYTES, "ends"), announcing(BYTES));
    const put: string[] = [];
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: (key: string, ...rest: [string]) => {
        put.push(key.split("/")[0] ?? "");
        return env.TRANSCRIPTS.put(key, ...rest);
      },
    });
    const again = { ...announcing(BYTES), env: { TRANSCRIPTS } };
    expect((await deliver(streamOf(body, BYTES, "ends"), again)).status).toBe(200);
    expect(put).toEqual(["spool"]);
  });
});

it.each([-1, 1])("a small body %d bytes off what was announced is 400", async (more) => {
  const body = new TextEncoder().encode(transcript().body);
  const response = await deliver(
    streamOf(body, body.length, "ends"),
    announcing(body.length + more),
  );
  expect(response.status).toBe(400);
  expect(await storedKeys()).toEqual([]);
});

it("once an hour what deliveries that died have left is removed, and nothing else", async () => {
  const { id, body } = transcript();
  await deliver(body);
  await env.TRANSCRIPTS.put("spool/old", "x");
  const sweep = () => worker.scheduled(createScheduledController({ cron: "17 * * * *" }), env);
  await sweep();
  expect(await storedKeys()).toEqual([`callbacks/${id}`, "spool/old"]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_001 });
  await sweep();
  expect(await storedKeys()).toEqual([`callbacks/${id}`]);
});
