import { parse as parseSrt } from "@plussub/srt-vtt-parser";
import { beforeEach, expect, inject, it } from "vitest";
import { WebVTTParser } from "webvtt-parser";
import { signIn, visit } from "../../integration/pages/browse.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { hostileText } from "../../unit/transcript/formats/hostile-segments.ts";
import { API_RATE_LIMIT, SIGNING_KEYS } from "./answers.ts";

const isLong = inject("isLong");
const isFull = inject("isFull");
const CAPTIONS = isLong ? 3_000 : isFull ? 100 : 30;
const RUNS = isLong ? 300 : isFull ? 12 : 4;
const SEED = isLong ? Date.now() % 2 ** 31 : 43;
const TIMEOUT = { timeout: isLong ? 1_800_000 : 180_000 };

const CONFIGURED: Partial<Env> = {
  SIGNING_KEYS,
  API_RATE_LIMIT,
  PUBLIC_URL: "https://edge.test",
};

const read = (path: string) => get(path, { env: CONFIGURED });

let cookie: string;

beforeEach(async () => {
  cookie = await signIn("admin-token", CONFIGURED);
});

const seen = (path: string) => visit(path, { cookie, env: CONFIGURED });

/** Of one line and one word, so that only what is taken for markup can change the page. */
const MARKUP = [
  ..."<b>x</b>|</p>|</title>|</textarea>|<script>x</script>|<!--|-->|<img/src=x>|&lt;i&gt;|&#60;u&#62;|\"><i>|'><i>|<svg/onload=x>|]]>|<a/href=x>x</a>|javascript:x|</dd></dl>|<style>|{{x}}|`x`".split(
    "|",
  ),
];
const markup = fc.constantFrom(...MARKUP);

type Said = { words: string[]; tag: string; extra: string; model: string; summary: string };

const said = fc.record({
  words: fc.array(markup, { minLength: 1, maxLength: 6 }),
  tag: markup,
  extra: markup,
  model: markup,
  summary: markup,
});

const harmless = ({ words }: Said): Said => ({
  words: words.map(() => "x"),
  tag: "x",
  extra: "x",
  model: "x",
  summary: "x",
});

async function stored(text: Said): Promise<string> {
  const id = crypto.randomUUID();
  const { tag, extra, model, summary } = text;
  const words = text.words.map((word, at) => ({
    word,
    punctuated_word: word,
    start: at * 5,
    end: at * 5 + 1,
    confidence: 0.9,
    speaker: at % 2,
  }));
  const alternative = { transcript: text.words.join(" "), confidence: 0.9, words };
  const body = {
    metadata: {
      request_id: id,
      duration: 60,
      channels: 1,
      tags: [tag],
      models: [model],
      extra: { order: extra },
      warnings: [{ parameter: tag, type: extra, message: model }],
    },
    results: {
      channels: [{ detected_language: "en", alternatives: [alternative] }],
      summary: { result: "success", short: summary },
      topics: {
        segments: [
          {
            text: summary,
            start_word: 0,
            end_word: 0,
            topics: [{ topic: tag, confidence_score: 0.9 }],
          },
        ],
      },
    },
  };
  expect((await deliver(JSON.stringify(body), { env: CONFIGURED })).status).toBe(200);
  await consume([{ type: "callback", request_id: id }], CONFIGURED);
  return id;
}

async function failed(message: string): Promise<string> {
  const id = crypto.randomUUID();
  const body = { err_code: message, err_msg: message, request_id: id };
  await deliver(JSON.stringify(body), { env: CONFIGURED });
  await consume([{ type: "callback", request_id: id }], CONFIGURED);
  return id;
}

/** Its elements, with the names of their attributes, and its comments, as workerd's parser has them. */
async function structure(response: Response): Promise<string[]> {
  expect(response.headers.get("content-type")).toContain("text/html");
  const found: string[] = [];
  const rewriter = new HTMLRewriter().on("*", {
    element: ({ tagName, attributes }) => {
      found.push([tagName, ...Array.from(attributes, ([name]) => name)].join(" "));
    },
    comments: () => {
      found.push("comment");
    },
  });
  await rewriter.transform(response).arrayBuffer();
  return found;
}

async function shared(id: string): Promise<string> {
  const request = new Request(`https://edge.test/v1/transcripts/${id}/share`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    body: '{"expires_in":600}',
  });
  const { url } = await (await send(request, CONFIGURED)).json<{ url: string }>();
  return new URL(url).pathname;
}

/** The structures of all that shows a transcript. */
async function shown(text: Said): Promise<Record<string, string[]>> {
  const id = await stored(text);
  const q = encodeURIComponent(text.words[0] ?? "");
  const broken = await failed(text.summary);
  const pages: Record<string, string[]> = {
    document: await structure(await read(`/v1/transcripts/${id}.html`)),
    page: await structure(await seen(`/transcripts/${id}`)),
    share: await structure(await visit(await shared(id))),
    failure: await structure(await seen(`/transcripts/${broken}`)),
    latest: await structure(await seen("/")),
    list: await structure(await seen(`/?tag=${q}%20nowhere`)),
    sought: await structure(await seen(`/search?q=x${q}x`)),
  };
  for (const each of [id, broken]) {
    const path = `https://edge.test/v1/transcripts/${each}`;
    await send(
      new Request(path, { method: "DELETE", headers: { authorization: OPERATOR } }),
      CONFIGURED,
    );
  }
  return pages;
}

it(
  "whatever is said, tagged or reported, no page and no document has another element for it",
  TIMEOUT,
  async () => {
    await fc.assert(
      fc.asyncProperty(said, async (text) => {
        const pages = await shown(text);
        const plain = await shown(harmless(text));
        for (const [name, found] of Object.entries(pages)) {
          expect(found.length, name).toBeGreaterThan(5);
          expect(found, name).toEqual(plain[name]);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
);

it("whatever is said, its WebVTT and SubRip are what other parsers accept", TIMEOUT, async () => {
  const words = fc.array(
    fc.oneof(markup, hostileText, fc.constantFrom("-->", "WEBVTT", "NOTE x")),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(words, async (list) => {
      const text = { words: list, tag: "x", extra: "x", model: "x", summary: "x" };
      const id = await stored(text);
      const vtt = await (await read(`/v1/transcripts/${id}.vtt`)).text();
      const { cues, errors } = new WebVTTParser().parse(vtt);
      expect(errors).toEqual([]);
      const srt = await (await read(`/v1/transcripts/${id}.srt`)).text();
      // A name before the text can make one caption more than the voice tag does.
      expect(srt === "" ? 0 : parseSrt(srt).entries.length).toBe(srt.split(" --> ").length - 1);
      expect(srt === "").toBe(cues.length === 0);
    }),
    { numRuns: CAPTIONS, seed: SEED, endOnFailure: true },
  );
});
