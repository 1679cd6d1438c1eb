import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import {
  BASIC,
  deliver,
  SECRET,
  settledKeys,
  storedKeys,
  storedText,
  transcript,
} from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";

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
  return new ReadableStream({
    type: "bytes",
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

/** The bucket, and what became of the multipart uploads that were started in it. */
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

/** The bucket, and the keys of the objects put into it. */
function recorded() {
  const writes: string[] = [];
  const put = (key: string, ...rest: [string]) => {
    writes.push(key);
    return env.TRANSCRIPTS.put(key, ...rest);
  };
  return { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put }), writes };
}

const bodiesThere = async () => (await storedKeys()).filter((key) => key.startsWith("bodies/"));

const digestOf = async (body: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();

/** A body is read in parts of so many bytes. */
const PART_BYTES = 65_536;
const PLACES = [0, 1, ...[-1, 0, 1, 70_000].map((more) => MAX_HELD_BYTES + more), BYTES - 1];

describe("a large body", () => {
  it.each(PLACES)("cut after %d bytes is 400 and leaves nothing", async (place) => {
    const { body } = large();
    const announced = await deliver(streamOf(body, place, "breaks"), announcing(BYTES));
    const { TRANSCRIPTS, ends } = watched();
    const chunked = await deliver(streamOf(body, place, "breaks"), { env: { TRANSCRIPTS } });
    expect([announced.status, chunked.status]).toEqual([400, 400]);
    expect(await storedKeys()).toEqual([]);
    // The part that shows it to be large comes whole, or not at all.
    expect(ends).toEqual(place >= MAX_HELD_BYTES + PART_BYTES ? ["abort"] : []);
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

  it("whose sender breaks off behind its last byte is not stored, though R2 deletes nothing", async () => {
    const { body } = large();
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { delete: refuses("internal error") });
    const response = await deliver(streamOf(body, BYTES, "breaks"), {
      ...announcing(BYTES),
      env: { TRANSCRIPTS },
    });
    expect(response.status).toBe(400);
    expect(await storedKeys()).toEqual([]);
  });

  it.each([
    ["other bytes than were sent", (bytes: Uint8Array) => bytes.with(BYTES - 1, 0x20)],
    ["fewer bytes than were sent", (bytes: Uint8Array) => bytes.slice(0, -1)],
  ])(
    "of which R2 stores %s is 503 and leaves nothing; the next try is stored",
    async (_, spoil) => {
      const { id, body } = large();
      const put = async (key: string, content: ReadableStream | string, options: R2PutOptions) => {
        if (typeof content === "string") return env.TRANSCRIPTS.put(key, content, options);
        const bytes = new Uint8Array(await new Response(content).arrayBuffer());
        return env.TRANSCRIPTS.put(key, spoil(bytes), options);
      };
      const response = await deliver(body, {
        ...announcing(BYTES),
        env: { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put }) },
      });
      expect(response.status).toBe(503);
      expect(await storedKeys()).toEqual([]);
      expect((await deliver(body, announcing(BYTES))).status).toBe(200);
      expect(await storedText(`callbacks/${id}`)).toBe(new TextDecoder().decode(body));
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

  it("without credentials is 401, and no upload is started", async () => {
    const { body } = large();
    const calls: string[] = [];
    const noted = (name: string) => () => calls.push(name);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: noted("put"),
      createMultipartUpload: noted("createMultipartUpload"),
    });
    for (const headers of [{}, announcing(BYTES).headers]) {
      const stream = streamOf(body, BYTES, "ends");
      const response = await deliver(stream, {
        authorization: null,
        headers,
        env: { TRANSCRIPTS },
      });
      expect(response.status).toBe(401);
    }
    expect(calls).toEqual([]);
    expect(await storedKeys()).toEqual([]);
  });

  it.each(["announced", "chunked"])("is masked by its own secret (%s)", async (how) => {
    const { id, body } = large({ callbackSecret: SECRET, tags: ["a"] });
    const sent = new TextDecoder().decode(body);
    const response = await deliver(streamOf(body, BYTES, "ends"), {
      authorization: null,
      ...(how === "announced" && announcing(BYTES)),
    });
    expect(response.status).toBe(200);
    const text = await (await get(`/v1/transcripts/${id}`)).text();
    expect(text === sent.replace(SECRET, "*".repeat(SECRET.length))).toBe(true);
    const status = await (await get(`/v1/transcripts/${id}/status`)).json();
    expect(status).toMatchObject({ state: "received", bytes: BYTES, tags: ["a"] });
  });

  it("is masked wherever its metadata is when the header has the credential", async () => {
    const { id, body } = large({ callbackSecret: SECRET, metadataLast: true });
    const sent = new TextDecoder().decode(body);
    expect((await deliver(streamOf(body, BYTES, "ends"), announcing(BYTES))).status).toBe(200);
    const text = await (await get(`/v1/transcripts/${id}`)).text();
    expect(text === sent.replace(SECRET, "*".repeat(SECRET.length))).toBe(true);
  });

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

  it("is stored when the sender no longer waits for the answer", async () => {
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
    // This is what the runtime continues after a sender has hung up, not the answer.
    let isOver = false;
    const over = waitOnExecutionContext(context).then(() => {
      isOver = true;
    });
    await scheduler.wait(50);
    expect(isOver).toBe(false);
    gate.resolve();
    await over;
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
    await answer;
  });

  it("is written once: the body, its reference, and the record that names it", async () => {
    const { id, body } = large();
    const { TRANSCRIPTS, writes } = recorded();
    const first = await deliver(streamOf(body, BYTES, "ends"), {
      ...announcing(BYTES),
      env: { TRANSCRIPTS },
    });
    expect(first.status).toBe(200);
    const key = expect.stringMatching(/^bodies\/\d{4}-\d\d-\d\dT\d\d\/[0-9a-f-]{36}$/);
    const ref = expect.stringMatching(/^body-refs\/\d{4}-\d\d-\d\dT\d\d\/[0-9a-f-]{36}$/);
    expect(writes).toEqual([key, ref, `callbacks/${id}`]);
    const record = await env.TRANSCRIPTS.get(`callbacks/${id}`);
    expect(record?.customMetadata).toMatchObject({ state: "received", body: writes[0] });
    expect(await record?.json()).toMatchObject({ body: writes[0], bytes: BYTES });
    const status = await (await get(`/v1/transcripts/${id}/status`)).json();
    expect(status).toMatchObject({ bytes: BYTES });
  });

  it("that is there already leaves nothing of its second upload", async () => {
    const { id, body } = large();
    await deliver(streamOf(body, BYTES, "ends"), announcing(BYTES));
    const { TRANSCRIPTS, writes } = recorded();
    const again = { ...announcing(BYTES), env: { TRANSCRIPTS } };
    expect((await deliver(streamOf(body, BYTES, "ends"), again)).status).toBe(200);
    expect(writes).toEqual([expect.stringMatching(/^bodies\//)]);
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
    expect(await bodiesThere()).toHaveLength(1);
  });

  it("takes the place of a failure; what it displaces and what comes after it are versions", async () => {
    const { id, body } = large();
    await deliver(errorBody("err_code", id));
    await deliver(streamOf(body, BYTES, "ends"), announcing(BYTES));
    const other = new TextEncoder().encode(`${new TextDecoder().decode(body)} `);
    await deliver(streamOf(other, BYTES + 1, "ends"), announcing(BYTES + 1));
    const status = await (await get(`/v1/transcripts/${id}/status`)).json();
    expect(status).toMatchObject({ state: "received", bytes: BYTES, conflicts: [{}, {}] });
    const version = `?version=${await digestOf(other)}`;
    const read = await get(`/v1/transcripts/${id}${version}`);
    expect((await read.arrayBuffer()).byteLength).toBe(BYTES + 1);
    expect(await settledKeys()).toHaveLength(3);
    expect(await bodiesThere()).toHaveLength(2);
    expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
  });

  it("is not deleted when R2 stored its record and the answer was lost", async () => {
    const { id, body } = large();
    const put = async (key: string, ...rest: [string]) => {
      const object = await env.TRANSCRIPTS.put(key, ...rest);
      if (key.startsWith("callbacks/")) throw new Error("connection lost");
      return object;
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const sent = () => streamOf(body, BYTES, "ends");
    const first = await deliver(sent(), { ...announcing(BYTES), env: { TRANSCRIPTS } });
    expect(first.status).toBe(200);
    expect((await deliver(sent(), announcing(BYTES))).status).toBe(200);
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });

  it("whose delivery took a quarter of an hour writes no record", async () => {
    const { body } = large();
    const put = async (key: string, ...rest: [string]) => {
      const object = await env.TRANSCRIPTS.put(key, ...rest);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 900_001 });
      return object;
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const response = await deliver(streamOf(body, BYTES, "ends"), {
      ...announcing(BYTES),
      env: { TRANSCRIPTS },
    });
    expect(response.status).toBe(503);
    expect(await storedKeys()).toEqual([expect.stringMatching(/^bodies\//)]);
  });

  it("that cannot be matched is in quarantine once, is read there, and goes with its entry", async () => {
    const body = new Uint8Array(BYTES).fill(0x20);
    for (let time = 1; time <= 2; time++) {
      const response = await deliver(streamOf(body, BYTES, "ends"), announcing(BYTES));
      expect(response.status).toBe(422);
    }
    const path = `/v1/quarantine/${await digestOf(body)}`;
    expect(await settledKeys()).toEqual([path.slice("/v1/".length)]);
    const { quarantine } = await (await asOperator("/v1/quarantine")).json<{ quarantine: [] }>();
    expect(quarantine).toMatchObject([{ bytes: BYTES }]);
    expect((await (await asOperator(path)).arrayBuffer()).byteLength).toBe(BYTES);
    expect((await asOperator(path, "DELETE")).status).toBe(204);
    expect(await storedKeys()).toEqual([]);
  });
});

describe("a callback without a credential in its header", () => {
  /** A transcript of which the secret ends at a byte, or one before or behind it. */
  const secretEndingAt = (end: number) => {
    const { id, body } = transcript({ callbackSecret: SECRET });
    const at = body.indexOf(SECRET) + SECRET.length + 1;
    return { id, body: " ".repeat(end - at) + body };
  };

  it("is verified by a secret that ends within its first 256 KiB", async () => {
    const { id, body } = secretEndingAt(262_144);
    for (const headers of [{}, announcing(body.length).headers]) {
      expect((await deliver(body, { authorization: null, headers })).status).toBe(200);
    }
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });

  it("is 401 when its secret ends behind that, however small it is", async () => {
    const { body } = secretEndingAt(262_145);
    for (const headers of [{}, announcing(body.length).headers]) {
      expect((await deliver(body, { authorization: null, headers })).status).toBe(401);
    }
    expect(await storedKeys()).toEqual([]);
  });

  it("is answered soon once its secret was found to be wrong, whatever else is sent", async () => {
    const { body } = large({ callbackSecret: "wrong" });
    let pulled = 0;
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        controller.enqueue(body.slice(pulled, pulled + 4_096));
        pulled += 4_096;
      },
    });
    const started = Date.now();
    expect((await deliver(stream, { authorization: null })).status).toBe(401);
    expect(Date.now() - started).toBeLessThan(4_000);
    expect(await storedKeys()).toEqual([]);
  });

  it("is 401 after five seconds without its secret", async () => {
    const started = Date.now();
    const stream = new ReadableStream({
      type: "bytes",
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    });
    expect((await deliver(stream, { authorization: null })).status).toBe(401);
    expect(Date.now() - started).toBeLessThan(9_000);
  });
});

it.each([
  [-1, "a header", BASIC],
  [1, "a header", BASIC],
  [-1, "its secret", null],
  [1, "its secret", null],
])(
  "a small body %d bytes off what was announced is 400, verified by %s",
  async (more, _, authorization) => {
    const body = new TextEncoder().encode(transcript({ callbackSecret: SECRET }).body);
    const response = await deliver(streamOf(body, body.length, "ends"), {
      ...announcing(body.length + more),
      authorization,
    });
    expect(response.status).toBe(400);
    expect(await storedKeys()).toEqual([]);
  },
);
