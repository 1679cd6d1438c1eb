import fc from "fast-check";
import { beforeEach, expect, inject, it } from "vitest";
import { streamScript } from "../fake-deepgram/stream-script.ts";
import { errorBody } from "../support/bodies/errors.ts";
import { channels } from "../support/channels.ts";
import { consume } from "../support/consume.ts";
import { BASIC, deliver, SECRET, send, transcript } from "../support/deliver.ts";
import { recordingQueue } from "../support/faulty.ts";
import { get } from "../support/get.ts";
import { API_RATE_LIMIT, checkAnswer, kept, SIGNING_KEYS } from "./answers.ts";
import { anyJson, anyText, KNOWN_ID } from "./values.ts";

const isLong = inject("isLong");
const RUNS = isLong ? 5_000 : 150;
const SEED = isLong ? Date.now() % 2 ** 31 : 42;
const TIMEOUT = { timeout: isLong ? 1_800_000 : 60_000 };
const FORMATS = ["json", "vtt", "srt", "txt", "md", "csv", "jsonl", "html"];

let replaced: Partial<Env>;

beforeEach(() => {
  replaced = { ...channels().env, SIGNING_KEYS, API_RATE_LIMIT };
});

const read = (path: string) => get(path, { env: replaced });

const bytesOf = (text: string) => new TextEncoder().encode(text);
const ID_TEXT = `"request_id":"${KNOWN_ID}"`;

const SEEDS = [
  transcript({ requestId: KNOWN_ID }).body,
  transcript({ requestId: KNOWN_ID, utterances: true, diarize: true, channels: 2 }).body,
  transcript({ requestId: KNOWN_ID, paragraphs: true, callbackSecret: SECRET }).body,
  errorBody("err_code", KNOWN_ID),
  `{"metadata":{${ID_TEXT}},"results":{}}`,
  ...streamScript({ requestId: KNOWN_ID })
    .messages.slice(0, 3)
    .map((each) => JSON.stringify(each.message)),
].map(bytesOf);

const TOKENS = [
  ...'\u0000|\ufeff|\\ud800|\\u0000|1e999|-1e999|NaN|null|{}|[]|,|:|"|{|}|[|]|\\|true'.split("|"),
  '"__proto__":{"x":1},',
  '"metadata":{},',
  '"results":null,',
  `${ID_TEXT},`,
  "[".repeat(3_000),
  `${"[".repeat(3_000)}${"]".repeat(3_000)}`,
  "9".repeat(500),
].map(bytesOf);

const place = fc.double({ min: 0, max: 1, noNaN: true });
const change = fc.oneof(
  fc.record({ at: place, byte: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ at: place, token: fc.constantFrom(...TOKENS, ...SEEDS) }),
  fc.record({ at: place, until: place }),
);
type Change = { at: number; byte?: number; token?: Uint8Array; until?: number };

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

function changed(body: Uint8Array, { at, byte, token, until }: Change): Uint8Array {
  const index = Math.floor(at * body.length);
  if (token) return joined(body.subarray(0, index), token, body.subarray(index));
  if (until !== undefined) {
    return joined(body.subarray(0, index), body.subarray(Math.floor(until * body.length)));
  }
  return body.map((each, where) => (where === index ? each ^ (byte ?? 0) : each));
}

const mutated = fc
  .record({ seed: fc.constantFrom(...SEEDS), changes: fc.array(change, { maxLength: 4 }) })
  .map(({ seed, changes }) => changes.reduce<Uint8Array>(changed, seed));

/** Values of any type where Deepgram has others. */
const NAMES = [
  ..."metadata|results|request_id|duration|channels|alternatives|words|word|start|end|utterances|transcript|speaker|extra|tags|paragraphs|sentences|text|summary|topics|translate|notify_webhook|notify_email|notify_sms|type|channel|is_final".split(
    "|",
  ),
];
const shaped = fc
  .record({
    metadata: fc.dictionary(fc.constantFrom(...NAMES), anyJson(NAMES)),
    extra: fc.dictionary(fc.constantFrom(...NAMES, "notify_x"), anyJson(NAMES)),
    results: anyJson(NAMES),
  })
  .map(({ metadata, extra, results }) =>
    bytesOf(JSON.stringify({ metadata: { ...metadata, extra, request_id: KNOWN_ID }, results })),
  );

/** Sent under an id of its own; gives what was sent. */
function renamed(body: Uint8Array): { id: string; sent: Uint8Array } {
  const id = crypto.randomUUID();
  const latin = Array.from(body, (byte) => String.fromCharCode(byte)).join("");
  return {
    id,
    sent: Uint8Array.from(latin.replaceAll(KNOWN_ID, id), (char) => char.charCodeAt(0)),
  };
}

it(
  "whatever a verified callback says, it is kept as it came or set aside, and can be followed up and read",
  TIMEOUT,
  async () => {
    console.info(`seed ${SEED}`);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, shaped), async (body) => {
        const { id, sent } = renamed(body);
        const { queue, sent: messages } = recordingQueue();
        const env = { ...replaced, FOLLOW_UP_QUEUE: queue };
        const { status } = await checkAnswer(deliver(sent, { env }), "/hook");
        expect([200, 422]).toContain(status);
        if (status === 422) return;
        const own = messages.filter((message) => JSON.stringify(message).includes(id));
        const { retried } = await consume(own, env);
        expect(retried).toEqual([]);
        const path = `/v1/transcripts/${id}`;
        const told = await checkAnswer(read(`${path}/status`), path);
        if (told.status === 404) return;
        if (JSON.parse(told.text).state === "received") {
          const raw = new Uint8Array(await (await read(path)).arrayBuffer());
          const isMasked = new TextDecoder().decode(sent).includes(SECRET);
          if (!isMasked) expect(raw).toEqual(sent);
          count++;
        }
        for (const format of FORMATS) await checkAnswer(read(`${path}.${format}`), path);
        await checkAnswer(read(`${path}/search?q=the`), path);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(count).toBeGreaterThan(RUNS / 10);
  },
);

it("whatever an unverified callback says, nothing is kept", TIMEOUT, async () => {
  const before = await kept();
  const given = fc.oneof(mutated, shaped);
  await fc.assert(
    fc.asyncProperty(given, fc.option(anyText), async (body, text) => {
      if (new TextDecoder().decode(body).includes(SECRET)) return;
      const authorization = text === null ? null : `Basic ${bytesOf(text).toBase64()}`;
      const { status } = await checkAnswer(
        deliver(body, { env: replaced, authorization }),
        "/hook",
      );
      expect(status).toBe(401);
      expect(await kept()).toEqual(before);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

it(
  "whatever a WebSocket says, it is answered by nothing or closed, and the Worker goes on",
  TIMEOUT,
  async () => {
    const message = fc.oneof(
      mutated.map((body) => new TextDecoder().decode(body)),
      mutated,
      anyText,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (messages) => {
        const request = new Request("https://edge.test/hook", {
          headers: { upgrade: "websocket", authorization: BASIC },
        });
        const { status, webSocket } = await send(request, replaced);
        expect(status).toBe(101);
        const closed = new Promise<CloseEvent>((resolve) => {
          webSocket?.addEventListener("close", resolve);
        });
        webSocket?.accept();
        for (const each of messages) webSocket?.send(each);
        webSocket?.close(1000);
        const end = await Promise.race([closed, scheduler.wait(5_000)]);
        expect(end?.code).not.toBe(1011);
        expect(end?.code).toBeDefined();
      }),
      { numRuns: Math.ceil(RUNS / 5), seed: SEED },
    );
  },
);
