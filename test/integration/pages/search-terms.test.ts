import { expect, it } from "vitest";
import { consume } from "../../support/consume.ts";
import { send, transcript } from "../../support/deliver.ts";
import { OPERATOR } from "../../support/get.ts";
import { LANES } from "../../support/lanes.ts";
import { SIGNING_KEYS, signIn, visit } from "./browse.ts";

const hit = (start: number, confidence: number, snippet: string) => ({
  start,
  end: start + 0.5,
  confidence,
  snippet,
});

function searched() {
  const { id, body } = transcript({ words: 40, channels: 2 });
  const json = JSON.parse(body);
  json.results.channels[0].search = [
    { query: "upper <field>", hits: [hit(4.25, 0.5, "<b>field"), hit(2, 0.95, "the upper field")] },
    { query: "never", hits: [] },
  ];
  json.results.channels[1].search = [{ query: "upper <field>", hits: [hit(3, 0.7, "a field")] }];
  return { id, body: JSON.stringify(json) };
}

/** The section of a page, without its markup of white space. */
const sectionOf = (html: string): string =>
  /<section aria-labelledby="search-terms">(.*?)<\/section>/s.exec(html)?.[1] ?? "";

it.each(LANES)("the page shows what Deepgram's search found, $name", async ({ deliver }) => {
  const { id, body } = searched();
  expect((await deliver(body)).status).toBe(200);
  await consume([{ type: "callback", request_id: id }]);
  const page = await visit(`/transcripts/${id}`, { cookie: await signIn() });
  const section = sectionOf(await page.text());
  expect(section).toContain("<bdi>upper &lt;field&gt;</bdi>");
  const hits = [...section.matchAll(/<li><a href="([^"]+)">([^<]+)<\/a> (.*?)<\/li>/gs)];
  expect(hits.map(([, href, time, rest]) => [href, time, rest])).toEqual([
    [`/transcripts/${id}?t=2#here`, "0:02", expect.stringContaining("the upper field")],
    [`/transcripts/${id}?t=3#here`, "0:03", expect.stringContaining("a field")],
    [`/transcripts/${id}?t=4.25#here`, "0:04", expect.stringContaining("&lt;b&gt;field")],
  ]);
  expect(hits[0]?.[3]).toContain("Channel 0, 95%");
  expect(hits[1]?.[3]).toContain("Channel 1, 70%");
  expect(section).toMatch(/<bdi>never<\/bdi>.*Not heard\./s);
});

it("a page at a moment names the turn that has it", async () => {
  const { id, body } = searched();
  await LANES[0]!.deliver(body);
  const page = await visit(`/transcripts/${id}?t=4.25`, { cookie: await signIn() });
  const html = await page.text();
  const turns = [...html.matchAll(/<section class="turn"( id="here")?.*?data-s="([\d.]+)"/g)];
  const here = turns.findIndex(([, id]) => id !== undefined);
  expect(Number(turns[here]?.[2])).toBeLessThanOrEqual(4.25);
  expect(Number(turns[here + 1]?.[2] ?? Infinity)).toBeGreaterThan(3);
  expect(sectionOf(html)).toContain("?t=2");
});

it("readers of a shared link do not see what was searched", async () => {
  const { id, body } = searched();
  await LANES[0]!.deliver(body);
  const request = new Request(`https://edge.test/v1/transcripts/${id}/share`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    body: '{"expires_in":600}',
  });
  const shared = await send(request, { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" });
  const { pathname } = new URL((await shared.json<{ url: string }>()).url);
  const html = await (await visit(pathname)).text();
  expect(html).not.toContain("Search terms");
  expect(html).not.toContain("never");
});

it("a transcript without a search has no such section", async () => {
  const { id, body } = transcript();
  await LANES[0]!.deliver(body);
  const page = await visit(`/transcripts/${id}`, { cookie: await signIn() });
  expect(await page.text()).not.toContain("search-terms");
});
