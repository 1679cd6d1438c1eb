import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { segmentsKey } from "../../../src/store/keys.ts";
import { vtt } from "../../../src/transcript/captions/captions.ts";
import { jsonl } from "../../../src/transcript/formats/jsonl.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import { consume } from "../../support/consume.ts";
import { deliver, settledKeys } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { recordOf } from "../../support/record-of.ts";

const BYTES = inject("isQuick") ? 1_000_000 : 5_000_000;

/** Characters of one text that no segment can hold. */
const TOO_LONG = 5_000_000;

const OPTIONS = [
  { utterances: true, diarize: true },
  { channels: 2 },
  { language: "ja", channels: 2, utterances: true },
  { metadataLast: true, smartFormat: true },
] as const;

async function stored(options: Partial<Parameters<typeof sizedBody>[0]>) {
  const id = crypto.randomUUID();
  const body = wholeBody(sizedBody({ bytes: BYTES, requestId: id, ...options }));
  expect((await deliver(body)).status).toBe(200);
  return { id, expected: segments(JSON.parse(new TextDecoder().decode(body))) };
}

const read = async (id: string, suffix: string) =>
  (await get(`/v1/transcripts/${id}${suffix}`)).text();

const textOf = async (parts: AsyncIterable<string>) => (await Array.fromAsync(parts)).join("");

const message = (id: string) => [{ type: "callback", request_id: id }];

describe.each(OPTIONS)("a large transcript (%j)", { timeout: 60_000 }, (options) => {
  it("reads the same before and after its segments are kept, and as if it were small", async () => {
    const { id, expected } = await stored(options);
    const captions = await textOf(vtt(expected));
    const lines = await textOf(jsonl(expected));
    expect((await read(id, ".vtt")) === captions).toBe(true);
    expect((await read(id, ".jsonl")) === lines).toBe(true);
    const found = await read(id, "/search?q=a");
    await consume(message(id));
    expect(await settledKeys()).toContain(segmentsKey(await recordOf(id)));
    expect((await read(id, ".vtt")) === captions).toBe(true);
    expect((await read(id, ".jsonl")) === lines).toBe(true);
    expect(await read(id, "/search?q=a")).toBe(found);
  });
});

describe("the segments of a large transcript", { timeout: 60_000 }, () => {
  it("are kept once, and go with it", async () => {
    const { id } = await stored({ utterances: true });
    await consume(message(id));
    const key = segmentsKey(await recordOf(id));
    const first = await env.TRANSCRIPTS.head(key);
    await consume(message(id));
    const second = await env.TRANSCRIPTS.head(key);
    expect(second?.version).toBe(first?.version);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });

  it("are not left behind when it is deleted while they are made", async () => {
    const { id } = await stored({ utterances: true });
    const createMultipartUpload = async (key: string) => {
      const upload = await env.TRANSCRIPTS.createMultipartUpload(key);
      const complete = async (parts: R2UploadedPart[]) => {
        await asOperator(`/v1/transcripts/${id}`, "DELETE");
        return upload.complete(parts);
      };
      return faulty(upload, { complete });
    };
    await consume(message(id), { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { createMultipartUpload }) });
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });

  it("that cannot be made are 422, and the transcript is read as JSON", async () => {
    const id = crypto.randomUUID();
    const transcript = "x".repeat(TOO_LONG);
    const results = { channels: [{ alternatives: [{ transcript, words: [] }] }] };
    const body = JSON.stringify({ metadata: { request_id: id }, results });
    await deliver(body);
    expect(await consume(message(id))).toEqual({ acked: ["m0"], retried: [] });
    for (const suffix of [".vtt", ".txt", ".jsonl", "/search?q=x"]) {
      expect((await get(`/v1/transcripts/${id}${suffix}`)).status).toBe(422);
    }
    expect((await read(id, "")) === body).toBe(true);
  });

  it("are not kept for a small one", async () => {
    const id = crypto.randomUUID();
    await deliver(wholeBody(sizedBody({ bytes: 20_000, requestId: id })));
    await consume(message(id));
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });
});
