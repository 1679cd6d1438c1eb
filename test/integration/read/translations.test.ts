import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sizedBody } from "../../support/bodies/sized.ts";
import { type Channels, channels } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { later, workOff } from "../../support/work-off.ts";

const FORMATS = ["json", "vtt", "srt", "txt", "md", "csv", "jsonl", "html"];
const callback = (id: string) => ({ type: "callback", request_id: id });

type Line = { start: number; end: number; text: string; language: string | null; words: unknown[] };

afterEach(() => {
  vi.useRealTimers();
});

async function translated(world: Channels, options: Parameters<typeof transcript>[0] = {}) {
  const { id, body } = transcript({
    words: 60,
    utterances: true,
    ...options,
    extra: { translate: "es" },
  });
  await deliver(body, { env: world.env });
  await workOff([callback(id)], world.env);
  return `/v1/transcripts/${id}`;
}

const linesOf = async (path: string): Promise<Line[]> =>
  (await (await get(path)).text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("has every segment with its times", async () => {
  const path = await translated(channels());
  const [ours, source] = [
    await linesOf(`${path}/translations/es.jsonl`),
    await linesOf(`${path}.jsonl`),
  ];
  expect(ours.map(({ start, end }) => [start, end])).toEqual(
    source.map(({ start, end }) => [start, end]),
  );
  expect(ours.map(({ text }) => text)).toEqual(source.map(({ text }) => `[es] ${text}`));
  expect(new Set(ours.map(({ language }) => language))).toEqual(new Set(["es"]));
});

describe.each(FORMATS)("as %s", (format) => {
  it("comes by suffix and by Accept, with slices and an entity tag", async () => {
    const path = `${await translated(channels(), { diarize: true })}/translations/es`;
    const response = await get(`${path}.${format}`);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toMatch(/\\?\[es\\?\]/);
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const accepted = await get(path, { headers: { accept: type } });
    expect(await accepted.text()).toBe(text);
    expect(accepted.headers.get("vary")).toBe("Accept");
    const etag = response.headers.get("etag") ?? "";
    const again = await get(`${path}.${format}`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
    expect((await (await get(`${path}.${format}?to=5`)).text()).length).toBeLessThan(text.length);
    const head = await get(`${path}.${format}`, { method: "HEAD" });
    expect(head.headers.get("etag")).toBe(etag);
  });
});

it("JSON tells the language and the segments", async () => {
  const path = await translated(channels());
  const body = await (await get(`${path}/translations/es`)).json();
  expect(body).toMatchObject({ request_id: path.split("/").at(-1), language: "es" });
  expect(body).toHaveProperty("segments.0.text", expect.stringContaining("[es]"));
});

it("nothing is translated into its own language, segment by segment", async () => {
  const world = channels();
  const path = await translated(world, { language: "es", detectLanguage: true });
  const source = await linesOf(`${path}.jsonl`);
  const ours = await linesOf(`${path}/translations/es.jsonl`);
  expect(source[0]?.language).toBe("es");
  expect(ours).toEqual(source);
  expect((await world.libretranslate.state()).translations).toEqual([]);
});

it("is 404 unless it was asked for, by any name that is no language", async () => {
  const path = await translated(channels());
  for (const name of ["fr", "fr.vtt", "es.vtt.gz", "nothing-of-the-kind-at-all", "..%2f"]) {
    expect((await get(`${path}/translations/${name}`)).status, name).toBe(404);
  }
  expect((await get(`${path}/translations/ES.vtt`)).status).toBe(200);
});

it("is 202 with its follow-up until it is done", async () => {
  const world = channels();
  const { id, body } = transcript({ extra: { translate: "es" } });
  await deliver(body, { env: world.env });
  const { queue, sent } = recordingQueue();
  await consume([callback(id)], { ...world.env, FOLLOW_UP_QUEUE: queue });
  const path = `/v1/transcripts/${id}/translations/es.vtt`;
  const pending = await get(path);
  expect(pending.status).toBe(202);
  expect(Number(pending.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await pending.json()).toMatchObject({ name: "translate:es", state: "queued" });
  await workOff(sent, world.env);
  expect((await get(path)).status).toBe(200);
});

it("is made anew when a person has it retried, under another entity tag", async () => {
  const world = channels();
  const path = await translated(world);
  const before = await get(`${path}/translations/es.vtt`);
  const asked = (await world.libretranslate.state()).translations.length;
  const { queue, sent } = recordingQueue();
  const retried = await get(`${path}/follow-ups/translate:es/retry`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    env: { FOLLOW_UP_QUEUE: queue },
  });
  expect(retried.status).toBe(202);
  expect((await get(`${path}/translations/es.vtt`)).status).toBe(202);
  await workOff(sent, world.env);
  const after = await get(`${path}/translations/es.vtt`);
  expect(await after.text()).toBe(await before.text());
  expect(after.headers.get("etag")).not.toBe(before.headers.get("etag"));
  expect((await world.libretranslate.state()).translations).toHaveLength(2 * asked);
});

it("into another language has another entity tag", async () => {
  const world = channels();
  const { id, body } = transcript({ extra: { translate: "es,fr" } });
  await deliver(body, { env: world.env });
  await workOff([callback(id)], world.env);
  const [spanish, french] = await Promise.all(
    ["es", "fr"].map((tag) => get(`/v1/transcripts/${id}/translations/${tag}.vtt`)),
  );
  expect([spanish?.status, french?.status]).toEqual([200, 200]);
  expect(spanish?.headers.get("etag")).not.toBe(french?.headers.get("etag"));
});

it("is 424 with the reason when it failed, and 410 with the transcript", async () => {
  const world = channels();
  await world.libretranslate.fail({ status: 403 });
  const path = await translated(world);
  const failed = await get(`${path}/translations/es`);
  expect(failed.status).toBe(424);
  expect(await failed.json()).toMatchObject({ follow_up: { state: "failed" } });
  await asOperator(path, "DELETE");
  expect((await get(`${path}/translations/es`)).status).toBe(410);
});

it("whose time is over continues in another message, from where it was", async () => {
  const world = channels();
  const { id, body } = transcript({ words: 3_000, utterances: true, extra: { translate: "es" } });
  await deliver(body, { env: world.env });
  const { queue, sent } = recordingQueue();
  const replaced = { ...world.env, FOLLOW_UP_QUEUE: queue };
  await consume([callback(id)], replaced);
  const put = async (key: string, ...rest: [string]) => {
    if (key.includes("/translations/")) later(30);
    return env.TRANSCRIPTS.put(key, ...rest);
  };
  const slow = { ...replaced, TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put }) };
  expect(await consume(sent.splice(0), slow)).toEqual({ acked: ["m0"], retried: [] });
  expect(sent).toMatchObject([{ type: "effect", effect: { channel: "translate" } }]);
  const followUp = await (await get(`/v1/transcripts/${id}/translations/es.vtt`)).json();
  expect(followUp).toMatchObject({ state: "queued", attempts: 0, progress: expect.any(Number) });
  await workOff(sent, world.env);
  const path = `/v1/transcripts/${id}`;
  const [ours, source] = [
    await linesOf(`${path}/translations/es.jsonl`),
    await linesOf(`${path}.jsonl`),
  ];
  expect(ours.map(({ start }) => start)).toEqual(source.map(({ start }) => start));
});

it("of a large transcript continues over several messages, from where trouble stopped it", {
  timeout: 60_000,
}, async () => {
  const world = channels();
  const id = crypto.randomUUID();
  const { chunks } = sizedBody({ bytes: 1_000_000, requestId: id, utterances: true });
  await deliver(await new Blob([...chunks()]).arrayBuffer(), { env: world.env });
  const { queue, sent } = recordingQueue();
  const replaced = { ...world.env, FOLLOW_UPS: '{"translate":["es"]}' };
  await consume([callback(id)], { ...replaced, FOLLOW_UP_QUEUE: queue });
  await world.libretranslate.fail([...Array.from({ length: 5 }, () => ({})), { status: 503 }]);
  await workOff(sent, replaced);
  const path = `/v1/transcripts/${id}`;
  const [ours, source] = [
    await linesOf(`${path}/translations/es.jsonl`),
    await linesOf(`${path}.jsonl`),
  ];
  expect(ours.map(({ start }) => start)).toEqual(source.map(({ start }) => start));
  expect(ours.every(({ text }) => text === "" || text.startsWith("[es]"))).toBe(true);
  const { translations } = await world.libretranslate.state();
  expect(translations.length).toBeGreaterThan(6);
});
