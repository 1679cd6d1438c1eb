import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sign } from "../../../src/auth/signed.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import { channels } from "../../support/channels.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { workOff } from "../../support/work-off.ts";
import { act, SIGNING_KEYS, signIn, visit } from "../pages/browse.ts";

afterEach(() => vi.useRealTimers());

const DAY_SECONDS = 86_400;

const CONFIGURED: Partial<Env> = { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" };

const api = (method: string, path: string, body?: unknown, replaced: Partial<Env> = {}) =>
  send(
    new Request(`https://edge.test/v1/transcripts/${path}`, {
      method,
      headers: { authorization: "Bearer admin-token" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    { ...CONFIGURED, ...replaced },
  );

type Shown = { id: string; url: string; expires_at: string };

async function stored(): Promise<string> {
  const { id, body } = transcript({
    words: 120,
    diarize: true,
    utterances: true,
    punctuate: true,
    tags: ["secret-tag"],
  });
  await deliver(body);
  return id;
}

async function shared(id: string, asked: object = {}): Promise<Shown> {
  const response = await api("POST", `${id}/share`, { expires_in: DAY_SECONDS, ...asked });
  expect(response.status).toBe(201);
  return response.json();
}

const open = (url: string) => visit(new URL(url).pathname);

describe("a shared transcript", () => {
  it("is read without a token, is not indexed, and tells no other site its address", async () => {
    const { url } = await shared(await stored());
    expect(url).toMatch(/^https:\/\/edge\.test\/share\/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
    const response = await open(url);
    expect(response.status).toBe(200);
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("x-robots-tag")).toContain("noindex");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const text = await response.text();
    expect(text).toContain('<meta name="robots" content="noindex, nofollow"/>');
    expect(text).toContain('class="turn"');
    expect(text).not.toContain("/v1/");
    expect(text).not.toContain("Follow-ups");
    expect(text).not.toContain("secret-tag");
  });

  it("ends with its time", async () => {
    const id = await stored();
    const { url, expires_at } = await shared(id);
    const listed = async () =>
      (await (await api("GET", `${id}/shares`)).json<{ shares: Shown[] }>()).shares;
    const end = Date.parse(expires_at);
    vi.useFakeTimers({ toFake: ["Date"], now: end - 1_000 });
    expect((await open(url)).status).toBe(200);
    expect(await listed()).toHaveLength(1);
    vi.setSystemTime(end);
    expect((await open(url)).status).toBe(404);
    expect(await listed()).toEqual([]);
  });

  it("ends at once when it is revoked, and the others stay", async () => {
    const id = await stored();
    const [one, other] = [await shared(id), await shared(id)];
    const list = await (await api("GET", `${id}/shares`)).json<{ shares: Shown[] }>();
    expect(new Set(list.shares)).toEqual(new Set([one, other]));
    expect((await api("DELETE", `${id}/shares/${one.id}`)).status).toBe(204);
    expect((await open(one.url)).status).toBe(404);
    expect((await open(other.url)).status).toBe(200);
    expect((await api("DELETE", `${id}/shares/${one.id}`)).status).toBe(404);
  });

  it("ends with the transcript, of which nothing stays", async () => {
    const id = await stored();
    const { url } = await shared(id);
    await api("DELETE", id);
    expect((await open(url)).status).toBe(404);
    expect((await env.TRANSCRIPTS.list({ prefix: "beside/" })).objects).toEqual([]);
  });

  it("does not hold when it was changed, or signed by another key or for something else", async () => {
    const id = await stored();
    const { url } = await shared(id);
    const [payload = "", mac] = new URL(url).pathname.slice("/share/".length).split(".");
    const value = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const later = { ...value, expires_at: "2999-01-01T00:00:00.000Z" };
    const asShare = await sign([SIGNING_KEYS], "share", later);
    expect((await visit(`/share/${asShare}`)).status).toBe(200);
    const forged = [
      `${asShare.split(".")[0]}.${mac}`,
      await sign(["another-signing-key-of-the-tests-012345"], "share", value),
      await sign([SIGNING_KEYS], "session", value),
      payload,
    ];
    for (const signed of forged) expect((await visit(`/share/${signed}`)).status).toBe(404);
  });
});

describe("a shared part", () => {
  const RANGE = { from: 10, to: 20 };

  const timesIn = (text: string) =>
    [...text.matchAll(/data-s="([\d.]+)"/g)].map(([, seconds]) => Number(seconds));

  it("shows nothing outside it, on the page, in its files and by its search", async () => {
    const id = await stored();
    const { url } = await shared(id, RANGE);
    const { pathname } = new URL(url);
    const page = await (await visit(pathname)).text();
    expect(timesIn(page).length).toBeGreaterThan(0);
    for (const path of [pathname, `${pathname}/part?from=0`, `${pathname}?t=0`]) {
      for (const at of timesIn(await (await visit(path)).text())) {
        expect(at).toBeGreaterThanOrEqual(RANGE.from);
        expect(at).toBeLessThan(RANGE.to);
      }
    }
    for (const format of ["txt", "vtt", "srt", "md", "csv"]) {
      const file = await (await visit(`${pathname}/transcript.${format}`)).text();
      const slice = await api("GET", `${id}.${format}?from=10&to=20`);
      expect(file).toBe(await slice.text());
    }
    const words = await (await visit(`${pathname}/transcript.txt`)).text();
    const word = /([A-Za-z]{4,})/.exec(words.replace(/Speaker/g, ""))?.[1] ?? "";
    const found = await (await visit(`${pathname}/search?q=${word}`)).json<{
      hits: { start: number }[];
    }>();
    expect(found.hits.length).toBeGreaterThan(0);
    for (const { start } of found.hits) expect(start).toBeGreaterThanOrEqual(RANGE.from);
    for (const { start } of found.hits) expect(start).toBeLessThan(RANGE.to);
  });

  it("of a transcript that is not held in memory shows nothing outside it either", async () => {
    const id = crypto.randomUUID();
    const body = sizedBody({ requestId: id, bytes: 4_500_000, diarize: true, utterances: true });
    await deliver(wholeBody(body) as Uint8Array<ArrayBuffer>);
    const { url } = await shared(id, RANGE);
    const { pathname } = new URL(url);
    for (const path of [pathname, `${pathname}/part?from=0`]) {
      const times = timesIn(await (await visit(path)).text());
      expect(times.length).toBeGreaterThan(0);
      expect(Math.min(...times)).toBeGreaterThanOrEqual(RANGE.from);
      expect(Math.max(...times)).toBeLessThan(RANGE.to);
    }
  });

  it.each(["json", "jsonl", "html"])("gives no .%s, which would tell more", async (format) => {
    const { url } = await shared(await stored(), RANGE);
    expect((await visit(`${new URL(url).pathname}/transcript.${format}`)).status).toBe(404);
  });

  it("leaves out what tells of all of it", async () => {
    const audio_url = "https://audio.test/call.wav";
    const { id, body } = transcript({ words: 120, utterances: true, extra: { audio_url } });
    const whole = JSON.parse(body);
    whole.results.summary = { result: "success", short: "A summary of everything." };
    await deliver(JSON.stringify(whole));
    const [part, all] = [await shared(id, RANGE), await shared(id)];
    const env = { AUDIO_ORIGINS: "https://audio.test" };
    const texts = await Promise.all(
      [all, part].map(async ({ url }) => (await visit(new URL(url).pathname, { env })).text()),
    );
    for (const hidden of ["A summary of everything.", audio_url, "<li><bdi>44 s</bdi></li>"]) {
      expect(texts[0]).toContain(hidden);
      expect(texts[1]).not.toContain(hidden);
    }
  });
});

describe("translations of a shared transcript", () => {
  async function translated(): Promise<string> {
    const world = channels();
    const extra = { translate: "es" };
    const { id, body } = transcript({ words: 120, utterances: true, diarize: true, extra });
    await deliver(body, { env: world.env });
    await workOff([{ type: "callback", request_id: id }], world.env);
    return id;
  }

  it("are tabs, parts and files of their own", async () => {
    const { pathname } = new URL((await shared(await translated())).url);
    const whole = await (await visit(pathname)).text();
    expect(whole).toContain(`<a href="${pathname}?lang=es">Spanish</a>`);
    const page = await (await visit(`${pathname}?lang=es`)).text();
    expect(page).toContain("[es] ");
    expect(page).toContain('class="original"');
    expect(page).toContain(`href="${pathname}/transcript.vtt?lang=es&amp;download=true"`);
    const file = await visit(`${pathname}/transcript.txt?lang=es&download=true`);
    expect(file.headers.get("content-disposition")).toContain('"transcript.es.txt"');
    expect(await file.text()).toContain("[es] ");
    expect((await visit(`${pathname}?lang=fr`)).status).toBe(404);
  });

  it("of a part have only the sentences that are wholly in it", async () => {
    const id = await translated();
    const range = { from: 8, to: 30 };
    const { pathname } = new URL((await shared(id, range)).url);
    const lines = await (await api("GET", `${id}/translations/es.jsonl`)).text();
    const segments = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { start: number; end: number; text: string });
    const isIn = ({ start, end }: { start: number; end: number }) =>
      start >= range.from && end <= range.to;
    expect(segments.some(isIn)).toBe(true);
    expect(segments.some((each) => !isIn(each) && each.end > range.from)).toBe(true);
    for (const path of [`${pathname}?lang=es`, `${pathname}/transcript.txt?lang=es`]) {
      const text = await (await visit(path)).text();
      for (const segment of segments) {
        if (isIn(segment)) expect(text).toContain(segment.text);
        else expect(text).not.toContain(segment.text.slice(0, 20));
      }
    }
  });
});

it("the files of a share call speakers by their names", async () => {
  const id = await stored();
  await act(`/transcripts/${id}/names`, { "name.0:1": "Dana" }, { cookie: await signIn() });
  const { pathname } = new URL((await shared(id)).url);
  expect(await (await visit(`${pathname}/transcript.txt`)).text()).toContain("Dana: ");
});

describe("asking for a share", () => {
  it("is a conflict while the transcript has not come", async () => {
    const request_id = crypto.randomUUID();
    const expected = new Request("https://edge.test/v1/expected", {
      method: "POST",
      headers: { authorization: "Bearer admin-token" },
      body: JSON.stringify({ request_id }),
    });
    expect((await send(expected, CONFIGURED)).status).toBe(201);
    const response = await api("POST", `${request_id}/share`, { expires_in: DAY_SECONDS });
    expect(response.status).toBe(409);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining("not come yet"),
    });
  });

  it.each([
    {},
    { expires_in: 59 },
    { expires_in: 31_536_001 },
    { expires_in: 3_600, from: 5, to: 5 },
    { expires_in: 3_600, from: -1 },
    { expires_in: 3_600, until: 5 },
  ])("refuses %j with 400", async (body) => {
    expect((await api("POST", `${await stored()}/share`, body)).status).toBe(400);
  });

  it("is 404 for what is not known, and 503 without a key", async () => {
    const body = { expires_in: DAY_SECONDS };
    expect((await api("POST", `${crypto.randomUUID()}/share`, body)).status).toBe(404);
    const unsigned = await api("POST", `${await stored()}/share`, body, { SIGNING_KEYS: "" });
    expect(unsigned.status).toBe(503);
  });
});
