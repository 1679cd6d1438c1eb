import { describe, expect, it } from "vitest";
import { deliver, transcript } from "../../support/deliver.ts";
import { get, OPERATOR } from "../../support/get.ts";

const FORMATS = [
  ["vtt", "text/vtt; charset=utf-8", /^WEBVTT\n\n00:00:/],
  ["srt", "application/x-subrip; charset=utf-8", /^1\n00:00:\d\d,\d{3} --> /],
  ["txt", "text/plain; charset=utf-8", /^\S/],
  ["jsonl", "application/jsonl; charset=utf-8", /^\{"start":\d/],
] as const;

async function stored(options?: Parameters<typeof transcript>[0]) {
  const { id, body } = transcript({ words: 40, ...options });
  await deliver(body);
  return `/v1/transcripts/${id}`;
}

describe.each(FORMATS)(".%s", (format, type, start) => {
  it.each([{ utterances: true }, { paragraphs: true }, { channels: 2 }, { diarize: true }])(
    "is made of %j",
    async (options) => {
      const response = await get(`${await stored(options)}.${format}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(type);
      expect(response.headers.get("cache-control")).toBe("private, no-cache");
      expect(await response.text()).toMatch(start);
    },
  );

  it("has an entity tag of its own, which 304 honours", async () => {
    const path = await stored();
    const etag = (await get(`${path}.${format}`)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(etag).not.toBe((await get(path)).headers.get("etag"));
    const again = await get(`${path}.${format}`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
    expect(again.headers.get("etag")).toBe(etag);
  });

  it("changes its entity tag with the Worker's version", async () => {
    const path = `${await stored()}.${format}`;
    const etag = (await get(path)).headers.get("etag") ?? "";
    const VERSION = { id: "another", tag: "", timestamp: "" };
    const after = await get(path, { headers: { "if-none-match": etag }, env: { VERSION } });
    expect(after.status).toBe(200);
  });

  it("answers HEAD without a body", async () => {
    const response = await get(`${await stored()}.${format}`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.text()).toBe("");
  });

  it("of silence is valid and empty", async () => {
    const response = await get(`${await stored({ silence: true })}.${format}`);
    expect(response.status).toBe(200);
    expect((await response.text()).trim()).toBe(format === "vtt" ? "WEBVTT" : "");
  });
});

it("HTML has the title that a person gave, under an entity tag of its own", async () => {
  const path = await stored();
  const id = path.slice(path.lastIndexOf("/") + 1);
  const before = await get(`${path}.html`);
  expect(await before.text()).toContain(`<h1 dir="auto">${id}</h1>`);
  const edited = await get(path, {
    method: "PATCH",
    headers: { authorization: OPERATOR },
    body: JSON.stringify({ title: "Pipes & drains" }),
  });
  expect(edited.status).toBe(200);
  const etag = before.headers.get("etag") ?? "";
  const after = await get(`${path}.html`, { headers: { "if-none-match": etag } });
  expect(after.status).toBe(200);
  const html = await after.text();
  expect(html).toContain("<title>Pipes &amp; drains</title>");
  expect(html).toContain('<h1 dir="auto">Pipes &amp; drains</h1>');
});

it("every channel is in the text", async () => {
  const { id, body } = transcript({ channels: 2, words: 60 });
  await deliver(body);
  const text = await (await get(`/v1/transcripts/${id}.txt`)).text();
  expect(text).toContain("Channel 0");
  expect(text).toContain("Channel 1");
});
