import { expect, it } from "vitest";
import { deliver, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";

const TYPES = [
  ["json", "application/json"],
  ["vtt", "text/vtt"],
  ["srt", "application/x-subrip"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["jsonl", "application/jsonl"],
  ["html", "text/html"],
] as const;

async function stored() {
  const { id, body } = transcript({ words: 30 });
  await deliver(body);
  return { id, body, path: `/v1/transcripts/${id}` };
}

it.each(TYPES)("%s is had by suffix and by Accept: %s, both the same", async (suffix, accept) => {
  const { path } = await stored();
  const [bySuffix, byAccept] = [
    await get(`${path}.${suffix}`),
    await get(path, { headers: { accept } }),
  ];
  expect(bySuffix.status).toBe(200);
  expect(byAccept.headers.get("content-type")).toMatch(new RegExp(`^${accept}`));
  expect(bySuffix.headers.get("content-type")).toBe(byAccept.headers.get("content-type"));
  expect(byAccept.headers.get("etag")).toBe(bySuffix.headers.get("etag"));
  expect(await byAccept.text()).toBe(await bySuffix.text());
});

it("varies by Accept only where Accept decides", async () => {
  const { path } = await stored();
  const etag = (await get(path)).headers.get("etag") ?? "";
  expect((await get(path)).headers.get("vary")).toBe("Accept");
  const unchanged = await get(path, { headers: { "if-none-match": etag } });
  expect([unchanged.status, unchanged.headers.get("vary")]).toEqual([304, "Accept"]);
  expect((await get(`${path}.vtt`)).headers.get("vary")).toBeNull();
});

it("answers 406 with the list when nothing fits", async () => {
  const { path } = await stored();
  const response = await get(path, { headers: { accept: "audio/wav" } });
  expect(response.status).toBe(406);
  expect(await response.json()).toMatchObject({ available: TYPES.map(([, type]) => type) });
  expect((await get(`${path}.vtt`, { headers: { accept: "audio/wav" } })).status).toBe(200);
});

it("names the formats when the suffix is none of them", async () => {
  const { path } = await stored();
  const response = await get(`${path}.docx`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining("vtt, srt") });
});

it.each(["", ".vtt", ".json"])("?download names a file (%j)", async (suffix) => {
  const { id, path } = await stored();
  const name = `attachment; filename="${id}${suffix || ".json"}"`;
  const response = await get(`${path}${suffix}?download`);
  expect(response.headers.get("content-disposition")).toBe(name);
  expect((await get(path + suffix)).headers.get("content-disposition")).toBeNull();
});

it.each([
  ["from", "-1"],
  ["to", "soon"],
  ["channel", "1.5"],
  ["speaker", "x"],
  ["min_confidence", "2"],
  ["max_chars", "0"],
  ["max_lines", "0"],
  ["max_seconds", "-1"],
  ["speakers", "perhaps"],
  ["wait", "61"],
  ["wait", "-1"],
])("a wrong %s is a 400 that names it", async (name, value) => {
  const { path } = await stored();
  const response = await get(`${path}.vtt?${name}=${value}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining(name) });
});

it.each(TYPES.slice(1))("%s is cut by a slice", async (suffix) => {
  const { id, body } = transcript({ channels: 2, words: 60 });
  await deliver(body);
  const path = `/v1/transcripts/${id}.${suffix}`;
  const text = async (query: string) => (await get(path + query)).text();
  const whole = await text("");
  const halves = [await text("?channel=0"), await text("?channel=1")];
  for (const half of halves) expect(half.length).toBeLessThan(whole.length);
  expect(halves[0]).not.toBe(halves[1]);
});

it("raw JSON has no slices", async () => {
  const { path } = await stored();
  expect((await get(`${path}.json?from=1`)).status).toBe(400);
});

it("captions obey max_chars", async () => {
  const { path } = await stored();
  const longest = async (query: string) => {
    const lines = (await (await get(`${path}.srt${query}`)).text()).split("\n");
    return Math.max(...lines.filter((line) => !line.includes("-->")).map((line) => line.length));
  };
  expect(await longest("?max_chars=20")).toBeLessThanOrEqual(20);
  expect(await longest("")).toBeGreaterThan(20);
});

it("HTML forbids everything but its own style", async () => {
  const { path } = await stored();
  const policy = (await get(`${path}.html`)).headers.get("content-security-policy");
  expect(policy).toMatch(/default-src 'none'/);
});

it("search looks into the slice", async () => {
  const { id, body } = transcript({ channels: 2, words: 60 });
  await deliver(body);
  const [line] = (await (await get(`/v1/transcripts/${id}.jsonl?channel=1`)).text()).split("\n");
  const { text } = JSON.parse(line ?? "");
  const hits = async (query: string) => {
    const q = encodeURIComponent(text);
    const response = await get(`/v1/transcripts/${id}/search?q=${q}${query}`);
    return (await response.json<{ hits: { channel: number }[] }>()).hits;
  };
  expect((await hits("&channel=1")).length).toBeGreaterThan(0);
  for (const { channel } of await hits("&channel=0")) expect(channel).toBe(0);
});
