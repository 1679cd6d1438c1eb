import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { deliver, SECRET, storedKeys, storedText, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { bind, call, job } from "../../support/jobs.ts";

// A failure may quote the request that failed. What it quotes must not depend on how large it is.

const PAIR = "deepgram:first-password";
/** As they stand in a body, each masked whole. */
const QUOTED = [SECRET, PAIR, btoa(PAIR).replace(/=+$/, ""), encodeURIComponent(PAIR)];
const CHUNK_BYTES = 65_536;

const stars = (text: string) => "*".repeat(text.length);
const masked = (text: string) => QUOTED.reduce((all, one) => all.replaceAll(one, stars(one)), text);

const quoting = QUOTED.map((one) => `<${one}>`).join(" ");

/** A failure of more than 4 MiB with a credential around each end of a chunk, at its start and its end. */
function largeFailure(id: string): string {
  let text = JSON.stringify({ request_id: id, err_code: "x", err_msg: `was ${SECRET}` }).slice(
    0,
    -1,
  );
  text += ',"quoted":"';
  for (let nth = 1; text.length < MAX_HELD_BYTES + 3 * CHUNK_BYTES; nth++) {
    const quote = QUOTED[nth % QUOTED.length] ?? "";
    const begins = nth * CHUNK_BYTES - 1 - (nth % (quote.length - 1));
    text += `${"x".repeat(begins - text.length)}${quote}`;
  }
  return `${text} ${quoting}"}`;
}

const announced = (body: string): [BodyInit, Record<string, string>] => [
  body,
  { "content-length": String(body.length) },
];
const chunked = (body: string): [BodyInit, Record<string, string>] => [
  new Blob([body]).stream().pipeThrough(new IdentityTransformStream()),
  {},
];
const LANES = [
  ["announced", announced],
  ["without a length", chunked],
] as const;

it.each(LANES)("a large failure (%s) keeps no credential that it quotes", async (_, lane) => {
  const id = crypto.randomUUID();
  const text = largeFailure(id);
  const [body, headers] = lane(text);
  expect((await deliver(body, { headers })).status).toBe(200);
  expect((await storedText(`callbacks/${id}`)) === masked(text)).toBe(true);
  const status = await (await get(`/v1/transcripts/${id}/status`)).text();
  expect(status).toContain(`was ${stars(SECRET)}`);
  expect(status).not.toContain(SECRET);
});

it.each(["", " ".repeat(MAX_HELD_BYTES)])(
  "a failure that spells one with escapes does not tell it",
  async (padding) => {
    const id = crypto.randomUUID();
    const spelled = SECRET.replace("f", "\\u0066");
    const body = `{"request_id":"${id}","err_code":"x","err_msg":"was ${spelled}"${padding}}`;
    expect((await deliver(body)).status).toBe(200);
    const status = await (await get(`/v1/transcripts/${id}/status`)).text();
    expect(status).toContain(`was ${stars(SECRET)}`);
  },
);

it("a large failure of a job, in plain text, does not keep the code of its URL", async () => {
  const id = crypto.randomUUID();
  const calling = await job();
  await bind(calling.name, id);
  const code = atob(calling.authorization.slice("Basic ".length)).split(":")[1] ?? "";
  const text = `${" ".repeat(MAX_HELD_BYTES)}refused: https://x:${code}@edge.test`;
  expect((await call(text, calling)).status).toBe(200);
  expect((await storedText(`callbacks/${id}`)) === text.replace(code, stars(code))).toBe(true);
});

it("a large body that is no JSON keeps none in quarantine, in UTF-16 too", async () => {
  const wide = (text: string) =>
    new Uint8Array(Uint16Array.from(text, (char) => char.charCodeAt(0)).buffer);
  const padding = " ".repeat(MAX_HELD_BYTES / 2);
  for (const body of [
    new TextEncoder().encode(`${quoting}${padding}${padding}${quoting}`),
    wide(`{"a":"${quoting}","b":"${padding}${quoting}"}`),
    wide(`{"results":{},"b":"${padding}${quoting}"}`),
  ]) {
    const headers = { "content-length": String(body.length) };
    expect((await deliver(body.slice(), { headers })).status).toBe(422);
  }
  const keys = (await storedKeys()).filter((key) => key.startsWith("bodies/"));
  expect(keys).toHaveLength(3);
  for (const key of keys) {
    const text = (await (await env.TRANSCRIPTS.get(key))?.text())?.replaceAll("\0", "") ?? "";
    expect(QUOTED.filter((one) => text.includes(one))).toEqual([]);
    expect(text).toContain(masked(quoting));
  }
});

it.each(LANES)("a large transcript (%s) stays as it came, whatever it says", async (_, lane) => {
  const { id, body: given } = transcript({ tags: [SECRET] });
  const text = given.replace(/}$/, `,"more":"${quoting}"}${" ".repeat(MAX_HELD_BYTES)}`);
  const [body, headers] = lane(text);
  expect((await deliver(body, { headers })).status).toBe(200);
  expect((await storedText(`callbacks/${id}`)) === text).toBe(true);
});

it("a large transcript stays as it came, though its results begin with its second part", async () => {
  const { id, body: given } = transcript({ tags: [SECRET] });
  const padding = " ".repeat(CHUNK_BYTES);
  const [body, headers] = announced(
    given.replace('"results"', `"a":"${quoting}${padding}","results"`),
  );
  expect((await deliver(body, { headers })).status).toBe(200);
  expect((await storedText(`callbacks/${id}`)) === body).toBe(true);
});

it("of a transcript whose results begin after 4 MiB, what comes before them is masked", async () => {
  const id = crypto.randomUUID();
  const before = `{"metadata":{"request_id":"${id}","a":"${"x".repeat(MAX_HELD_BYTES + CHUNK_BYTES)}"},"b":"${quoting}",`;
  const after = `"results":{"channels":[],"c":"${quoting}"},"d":"${quoting}${" ".repeat(CHUNK_BYTES)}"}`;
  const [body, headers] = announced(before + after);
  expect((await deliver(body, { headers })).status).toBe(200);
  expect((await storedText(`callbacks/${id}`)) === masked(before) + after).toBe(true);
});

it("a text with `results` that is no JSON up to there is no transcript", async () => {
  const text = `{bad "results":{},"b":"${" ".repeat(MAX_HELD_BYTES)}${quoting}"}`;
  const [body, headers] = announced(text);
  expect((await deliver(body, { headers })).status).toBe(422);
  const [key = ""] = (await storedKeys()).filter((name) => name.startsWith("bodies/"));
  expect((await (await env.TRANSCRIPTS.get(key))?.text()) === masked(text)).toBe(true);
});
