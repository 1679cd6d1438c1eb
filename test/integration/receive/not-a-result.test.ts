import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import {
  BASIC,
  deliver,
  SECRET,
  send,
  storedKeys,
  storedText,
  transcript,
} from "../../support/deliver.ts";
import { asOperator, get } from "../../support/get.ts";
import { bind, call, expected, job, SIGNING_KEYS, statusOf } from "../../support/jobs.ts";

const PASSWORD = "deepgram:first-password";

const quarantined = async () => {
  const { objects } = await env.TRANSCRIPTS.list({
    prefix: "quarantine/",
    include: ["customMetadata"],
  });
  return objects.map(({ customMetadata }) => customMetadata);
};

/** WAV without a sound: all of it is valid UTF-8. */
const silence = new TextEncoder().encode(`RIFF\0\0\0\0WAVEfmt ${"\0".repeat(99)}`);
const cut = transcript().body.slice(0, -40);
const turn = JSON.stringify({ type: "TurnInfo", event: "Update", turn_index: 0, transcript: "We" });

it.each<[string, BodyInit, string, string]>([
  ["JSON that is cut off", cut, "application/json", "truncated_json"],
  [
    "JSON that is cut off, behind white space",
    `\uFEFF \r\n\t${cut}`,
    "text/plain",
    "truncated_json",
  ],
  ["an array that is cut off", '[{"a":1},', "application/json", "truncated_json"],
  ["what is called audio", '{"err_msg":"x"}', "audio/mpeg", "audio"],
  ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0xff, 0xfb, 0x90), "application/json", "audio"],
  ["audio of silence", silence, "application/octet-stream", "audio"],
  ["a message of a type that is not known", turn, "application/json", "unknown_message"],
])("on a job's URL, %s leaves the request expected", async (_, body, type, code) => {
  const its = await expected({});
  const id = crypto.randomUUID();
  await bind(its.name, id);
  const response = await deliver(body, {
    path: `/hook/${its.name}`,
    authorization: its.authorization,
    headers: { "content-type": type },
    env: { SIGNING_KEYS },
  });
  expect([response.status, await response.json()]).toMatchObject([422, { code }]);
  expect(await storedKeys()).not.toContain(`callbacks/${id}`);
  expect(await quarantined()).toMatchObject([
    { reason: code.replaceAll("_", "-"), request_id: id },
  ]);
  const list = await asOperator("/v1/quarantine");
  expect(await list.json()).toMatchObject({ quarantine: [{ request_id: id }] });
  const whole = transcript({ requestId: id }).body;
  expect((await call(whole, its)).status).toBe(200);
  expect(await statusOf(id)).toMatchObject({ state: "received" });
});

const utf16 = (text: string, isBig: boolean) =>
  Uint8Array.from(
    [...`\uFEFF${text}`].flatMap((char) => {
      const unit = char.charCodeAt(0);
      return isBig ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8];
    }),
  );

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Grown beyond what is held in memory, at its end; what it is stays to be seen at its beginning. */
function grown(body: Uint8Array, filling: number): Uint8Array {
  const large = new Uint8Array(MAX_HELD_BYTES + 10).fill(filling);
  large.set(body);
  return large;
}

const SPACE = 0x20;

it.each<[string, Uint8Array, number, string, string]>([
  ["what is called audio", bytesOf("{}"), SPACE, "Audio/wav", "audio"],
  ["audio", silence, 0, "application/json", "audio"],
  ["bytes that are not UTF-8", Uint8Array.of(0xff, 0xfb, 0x90, 0x64), 1, "", "audio"],
  ["little-endian UTF-16", utf16(transcript().body, false), 0, "application/json", "not_utf8"],
  ["big-endian UTF-16", utf16(transcript().body, true), 0, "application/json", "not_utf8"],
  ["JSON that is cut off", bytesOf(cut), SPACE, "application/json", "truncated_json"],
  ["a message of Flux", bytesOf(turn), SPACE, "application/json", "unknown_message"],
  [
    "a warning",
    bytesOf(JSON.stringify({ type: "Warning", code: "SLOW", description: "Slow audio." })),
    SPACE,
    "application/json",
    "unknown_message",
  ],
])(
  "%s is no result and no failure, whichever way it comes",
  async (_, body, filling, type, code) => {
    const ways = [
      { method: "POST", isLarge: false, forJob: false },
      { method: "PUT", isLarge: false, forJob: false },
      { method: "PUT", isLarge: false, forJob: true },
      { method: "POST", isLarge: true, forJob: false },
      { method: "POST", isLarge: true, forJob: true },
      { method: "PUT", isLarge: true, forJob: true },
    ];
    for (const { method, isLarge, forJob } of ways) {
      const its = forJob ? await expected({}) : null;
      const id = crypto.randomUUID();
      if (its !== null) await bind(its.name, id);
      const response = await deliver(isLarge ? grown(body, filling) : body, {
        method,
        headers: { "content-type": type },
        env: { SIGNING_KEYS },
        ...(its && { path: `/hook/${its.name}`, authorization: its.authorization }),
      });
      const way = JSON.stringify({ method, isLarge, forJob });
      expect([way, response.status, await response.json()]).toMatchObject([way, 422, { code }]);
      const keys = await storedKeys();
      expect(keys.filter((key) => key.startsWith("callbacks/"))).toEqual([]);
    }
    const reasons = (await quarantined()).map((kept) => kept?.reason);
    expect(new Set(reasons)).toEqual(new Set([code.replaceAll("_", "-")]));
  },
);

it("answers the same on /hook, and tells the id that the body has", async () => {
  const id = crypto.randomUUID();
  const body = JSON.stringify({ type: "Connected", request_id: id, sequence_id: 0 });
  const response = await deliver(body);
  expect([response.status, await response.json()]).toMatchObject([
    422,
    { code: "unknown_message" },
  ]);
  expect(await quarantined()).toMatchObject([{ request_id: id }]);
  expect((await get(`/v1/transcripts/${id}/status`)).status).toBe(404);
});

it("takes an error of any type for a failure", async () => {
  for (const type of ["Error", "invalid_request"]) {
    const id = crypto.randomUUID();
    const body = JSON.stringify({ type, request_id: id, message: "no audio", code: "E1" });
    expect((await deliver(body)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "failed" });
  }
});

it.each([1_000, 25_000, 1_000_000])("stores a failure that nests %i deep", async (levels) => {
  const id = crypto.randomUUID();
  const deep = "[".repeat(levels) + "]".repeat(levels);
  const body = `{"request_id":"${id}","err_msg":"no","details":${deep},"warnings":${deep}}`;
  expect((await deliver(body)).status).toBe(200);
  expect(await statusOf(id)).toMatchObject({ state: "failed", error: { message: "no" } });
  expect((await get(`/v1/transcripts/${id}`)).status).toBe(424);
});

it.each(["metadata", "extra", "warnings"])(
  "reads a transcript whose %s nests deeply",
  async (name) => {
    const { id, body } = transcript();
    const json = JSON.parse(body);
    const deep = "[".repeat(25_000) + "]".repeat(25_000);
    (name === "metadata" ? json.metadata : json.metadata).deep = "DEEP";
    json.metadata[name] = name === "warnings" ? ["DEEP"] : { deep: "DEEP" };
    json.results.channels[0].alternatives[0].words[0].deep = "DEEP";
    json.results.deep = "DEEP";
    const text = JSON.stringify(json).replaceAll('"DEEP"', deep);
    expect((await deliver(text)).status).toBe(200);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
    for (const format of ["vtt", "srt", "txt", "md", "html", "csv", "jsonl", "json"]) {
      expect((await get(`/v1/transcripts/${id}.${format}`)).status).toBe(200);
    }
  },
);

it("takes a message of a stream that nests deeply", async () => {
  const id = crypto.randomUUID();
  const deep = "[".repeat(25_000) + "]".repeat(25_000);
  const message = `{"type":"Results","is_final":true,"start":0,"duration":1,\n"metadata":{"request_id":"${id}"},"channel_index":[0,1],"channel":{"alternatives":[{"transcript":"hello","words":[]}],"deep":${deep}}}`;
  expect((await deliver(message)).status).toBe(200);
  expect(await statusOf(id)).toMatchObject({ state: "live" });
});

it.each<[string, string]>([
  ["a credential", PASSWORD],
  ["a credential in a URL", "deepgram:first%2Dpassword".replace("%2D", "-")],
  ["a credential, escaped", encodeURIComponent(PASSWORD)],
  ["a Basic header", BASIC.slice("Basic ".length)],
  ["a secret", SECRET],
])("masks %s that a failure quotes", async (_, quoted) => {
  const id = crypto.randomUUID();
  const text = (value: string) =>
    JSON.stringify({ request_id: id, err_msg: `cannot POST ${value} now`, note: [value] });
  expect((await deliver(text(quoted))).status).toBe(200);
  const stored = (await storedText(`callbacks/${id}`)) ?? "";
  expect(stored).not.toContain(quoted.replace(/=+$/, ""));
  expect(stored.replace(/\*+/g, "*").replace(/\*=+/g, "*")).toBe(text("*"));
  expect(stored.length).toBe(text(quoted).length);
  expect(JSON.stringify(await statusOf(id))).not.toContain(quoted.replace(/=+$/, ""));
});

it("masks what plain text quotes, on a job's URL and in quarantine", async () => {
  const its = await job();
  const id = crypto.randomUUID();
  await bind(its.name, id);
  const own = atob(its.authorization.slice("Basic ".length)).split(":")[1] ?? "";
  const text = (value: string) => `cannot POST https://${its.name}:${value}@edge.test`;
  expect((await call(text(own), its)).status).toBe(200);
  expect(await storedText(`callbacks/${id}`)).toBe(text("*".repeat(own.length)));
  expect((await deliver(`plain ${SECRET}`)).status).toBe(422);
  const key = (await storedKeys()).find((name) => name.startsWith("quarantine/")) ?? "";
  expect(await storedText(key)).toBe(`plain ${"*".repeat(SECRET.length)}`);
});

it("keeps every word of a transcript, the words of a credential too", async () => {
  const { id, body } = transcript();
  const spoken = body.replace('"punctuated_word":"', `"punctuated_word":"${SECRET} `);
  expect((await deliver(spoken)).status).toBe(200);
  expect(await storedText(`callbacks/${id}`)).toBe(spoken);
});

it("puts a message of an unknown type into quarantine that comes by WebSocket", async () => {
  const request = new Request("https://edge.test/hook", {
    headers: { upgrade: "websocket", authorization: BASIC },
  });
  const socket = (await send(request)).webSocket!;
  socket.accept();
  socket.send(turn);
  await expect.poll(quarantined).toMatchObject([{ reason: "unknown-message" }]);
  socket.close(1000);
});
