import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { jobRequestId } from "../../../src/auth/job-credentials.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { effectKey, insightsKey } from "../../../src/store/keys.ts";
import type { ListenOptions } from "../../support/bodies/options.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import { channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { recordOf } from "../../support/record-of.ts";
import { act, type Browsing, signIn, submitForm, visit } from "./browse.ts";

const OTHER_ID = "61712a9a-9c10-4128-8e9d-6741cbff5c7f";
const ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";

async function stored(options: ListenOptions = {}, change = (_: Body) => {}): Promise<string> {
  const { id, body } = transcript({ words: 60, diarize: true, utterances: true, ...options });
  const parsed = JSON.parse(body);
  change(parsed);
  await deliver(JSON.stringify(parsed));
  return id;
}

type Word = { start: number; confidence: number; punctuated_word: string };
type Utterance = { transcript: string; words: Word[]; start: number };
type Body = { results: Record<string, unknown> & { utterances: Utterance[] } };

async function pageOf(path: string, browsing: Browsing = {}): Promise<string> {
  const cookie = browsing.cookie ?? (await signIn());
  return (await visit(path, { cookie, ...browsing })).text();
}

const count = (text: string, part: string) => text.split(part).length - 1;

describe("the page of a transcript", () => {
  it("is nobody's copy, runs nothing but its own script, and loads nothing from elsewhere", async () => {
    const id = await stored();
    const response = await visit(`/transcripts/${id}`, { cookie: await signIn() });
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const policy = response.headers.get("content-security-policy") ?? "";
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(nonce).toHaveLength(24);
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).toMatch(/; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
    expect(policy).not.toContain("unsafe");
    expect(policy).not.toContain("media-src");
    const text = await response.text();
    const [script = "", ...others] = text.match(/<script[^>]*>[^<]*/g) ?? [];
    expect(others).toEqual([]);
    expect(script.replace(/[0-9a-f]{16}/, "DIGEST")).toBe(
      `<script nonce="${nonce}" src="/assets/page-DIGEST.js" defer="">`,
    );
    expect(text).not.toContain("<style");
    expect(text).not.toMatch(/ (style|on\w+)="/);
    const again = await visit(`/transcripts/${id}`, { cookie: await signIn() });
    expect(again.headers.get("content-security-policy")).not.toBe(policy);
  });

  it("shows each utterance with its time as a link, and who speaks", async () => {
    const id = await stored({
      extra: { title: "The call" },
      tags: ["front"],
      detectLanguage: true,
    });
    const text = await pageOf(`/transcripts/${id}`);
    expect(text).toContain("<title>The call · deepgram-edge-receiver</title>");
    expect(text).toContain("<bdi>front</bdi>");
    expect(text).toContain("<bdi>English</bdi>");
    expect(text).toMatch(/<a id="t=[\d.]+" href="#t=[\d.]+"><time datetime="PT[\d.]+S">\d:\d\d</);
    expect(text).toMatch(/<span class="speaker v1" data-v="0:1"><svg.*?<bdi>Speaker 1<\/bdi>/);
  });

  it("shows the summary, topics, intents, sentiment and entities that the callback has", async () => {
    const id = await stored({}, ({ results }) => {
      results.summary = { result: "success", short: "They <met>." };
      results.topics = { segments: [{ topics: [{ topic: "Flowers" }] }, "odd"] };
      results.intents = { segments: [{ intents: [{ intent: "Order flowers" }] }] };
      results.sentiments = {
        segments: [{ text: "How lovely.", sentiment: "positive" }],
        average: { sentiment: "positive", sentiment_score: 0.4 },
      };
      const channels = results.channels as { alternatives: Record<string, unknown>[] }[];
      channels[0]!.alternatives[0]!.entities = [{ label: "GIVEN_NAME", value: "Dana" }];
    });
    const text = await pageOf(`/transcripts/${id}`);
    for (const shown of ["They &lt;met&gt;.", "Flowers", "Order flowers", "How lovely."]) {
      expect(text).toContain(shown);
    }
    expect(text).toContain("(0.40 of −1 to 1)");
    expect(text).toContain("<bdi>GIVEN NAME</bdi>");
    expect(text).toContain("<bdi>Dana</bdi>");
  });

  it("says that no speech was found, in a page that is whole", async () => {
    const id = await stored({}, ({ results }) => {
      results.utterances = [];
      results.channels = [{ alternatives: [{ transcript: "", words: [] }] }];
    });
    const text = await pageOf(`/transcripts/${id}`);
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text).toContain("<h1><bdi>Untitled</bdi></h1>");
    expect(text).toContain("No speech was found.");
    expect(text).toMatch(/<\/html>$/);
  });

  it("marks words by how uncertain they are", async () => {
    const id = await stored({ punctuate: true }, ({ results }) => {
      const spoken = results.channels as { alternatives: { words: Word[] }[] }[];
      const all = [...results.utterances, ...spoken.flatMap(({ alternatives }) => alternatives)];
      for (const { words } of all) {
        for (const word of words) word.confidence = 0.85;
        [0.84, 0.69, 0.49].forEach((confidence, index) => {
          words[index]!.confidence = confidence;
        });
      }
    });
    const text = await pageOf(`/transcripts/${id}`);
    const [first = ""] = /<section class="turn".*?<\/section>/s.exec(text) ?? [];
    expect(first.match(/class="u\d"/g)).toEqual(['class="u1"', 'class="u2"', 'class="u3"']);
  });

  it("plays audio only from origins that are allowed", async () => {
    const id = await stored({ extra: { audio_url: "https://audio.test/a.wav?x=1" } });
    const replaced = { AUDIO_ORIGINS: "https://audio.test https://other.test" };
    const visitWith = async (query = "", given: Partial<Env> = replaced) =>
      visit(`/transcripts/${id}${query}`, {
        cookie: await signIn("admin-token", given),
        env: given,
      });
    const allowed = await visitWith();
    expect(allowed.headers.get("content-security-policy")).toContain(
      "media-src https://audio.test",
    );
    const text = await allowed.text();
    expect(text).toContain('src="https://audio.test/a.wav?x=1"');
    expect(text).toMatch(/<span data-t="[\d.]+">/);
    expect(await (await visitWith("?audio=https://other.test/b.mp3")).text()).toContain(
      'src="https://other.test/b.mp3"',
    );
    const refused = await visitWith("?audio=https://evil.test/b.mp3", { AUDIO_ORIGINS: "" });
    expect(refused.headers.get("content-security-policy")).not.toContain("media-src");
    expect(await refused.text()).not.toContain("<audio");
  });

  it("without scripts finds words, and leads to them", async () => {
    const id = await stored({ words: 200, punctuate: true });
    const text = await pageOf(`/transcripts/${id}?q=peonies`);
    const [, at] = /<li><a href="[^"]*[?&;]t=([\d.]+)#here">/.exec(text) ?? [];
    expect(text).toContain('<section id="hits"');
    const led = await pageOf(`/transcripts/${id}?t=${at}`);
    expect(led.match(/<section class="turn" id="here".*?<\/section>/s)?.[0]).toContain("peonies");
    const nowhere = await pageOf(`/transcripts/${id}?q=nowhere-said`);
    expect(nowhere).toContain("&quot;nowhere-said&quot; was not found");
  });

  it("says what Deepgram warned of, and offers another result that came to be promoted", async () => {
    const warnings = [{ parameter: "summarize", type: "x", message: "Not supported." }];
    const id = await stored({ warnings: warnings as ListenOptions["warnings"] & object });
    await deliver(transcript({ requestId: id, words: 13 }).body);
    const text = await pageOf(`/transcripts/${id}`);
    expect(text).toContain("<bdi>summarize: Not supported.</bdi>");
    const [, sha256 = ""] = /\.html\?version=([0-9a-f]{64})/.exec(text) ?? [];
    const cookie = await signIn();
    const form = `/transcripts/${id}/versions/${sha256}`;
    expect(text).toContain(`href="${form}"`);
    expect(await pageOf(form, { cookie })).toContain("Promote this version?");
    expect((await act(form, {}, { cookie })).status).toBe(303);
    expect((await recordOf(id)).sha256).toBe(sha256);
    expect(
      (await act(`/transcripts/${id}/versions/${"0".repeat(64)}`, {}, { cookie })).status,
    ).toBe(404);
  });
});

describe("text that is hostile", () => {
  it("stays text in speech, titles, tags, names and errors", async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e';
    const id = await stored({ tags: [evil], extra: { title: evil } }, ({ results }) => {
      Object.assign(results.utterances[0]!, { transcript: evil, words: [] });
      results.summary = { result: "success", short: evil };
      results.topics = { segments: [{ topics: [{ topic: evil }] }] };
    });
    const cookie = await signIn();
    await act(`/transcripts/${id}/names`, { "name.0:0": evil }, { cookie });
    const failed = crypto.randomUUID();
    await deliver(JSON.stringify({ request_id: failed, err_code: evil, err_msg: evil }));
    for (const path of [
      `/transcripts/${id}?q=${encodeURIComponent(evil)}`,
      `/transcripts/${failed}`,
    ]) {
      const text = await pageOf(path, { cookie });
      expect(count(text, "alert(1)")).toBeGreaterThan(0);
      expect(text.match(/<script/g)).toHaveLength(1);
      expect(text).not.toContain("<img");
    }
    const page = await pageOf(`/transcripts/${id}`, { cookie });
    expect(page).not.toMatch(/<title>[^<]*\u202e/);
    expect(page).not.toMatch(/<h3><span class="speaker.*?<bdi>[^<]*\u202e/);
  });

  it("a million characters without a space are shown", async () => {
    const id = await stored({}, ({ results }) => {
      Object.assign(results.utterances[0]!, { transcript: "a".repeat(1_000_000), words: [] });
    });
    expect(await pageOf(`/transcripts/${id}`)).toContain("a".repeat(500));
    const text = await (await get(`/v1/transcripts/${id}.txt?from=0`)).text();
    expect(text.split("a").length - 1).toBeGreaterThanOrEqual(1_000_000);
  });
});

describe("a long transcript", () => {
  it("is whole in one page", async () => {
    const id = crypto.randomUUID();
    const options = { diarize: true, utterances: true, channels: 2 };
    const body = sizedBody({ requestId: id, bytes: 900_000, ...options });
    await deliver(wholeBody(body) as Uint8Array<ArrayBuffer>);
    const { shown, parts } = await read(id);
    expect(parts).toBe(1);
    expect(shown.join(" ")).toBe(await wholeOf(id));
  });

  it("of more than 300,000 characters is sent in parts that lack and repeat nothing", async () => {
    const { id, body } = transcript({ words: 10, utterances: true });
    const json = JSON.parse(body);
    json.results.utterances = Array.from({ length: 25 }, (_, index) => ({
      ...{ start: index * 60, end: index * 60 + 59, channel: 0, speaker: index % 2 },
      transcript: `Part ${index} ${"of what was said at length. ".repeat(1_000)}`,
    }));
    json.results.channels[0].alternatives[0].words = [];
    await deliver(JSON.stringify(json));
    const { shown, parts } = await read(id);
    expect(parts).toBeGreaterThan(2);
    expect(shown.join(" ")).toBe(await wholeOf(id));
    // To be printed it is had in one.
    const [, all = ""] = /href="([^"]+)">Print all</.exec(await pageOf(`/transcripts/${id}`)) ?? [];
    const printed = await pageOf(all.replaceAll("&amp;", "&"));
    expect(printed).not.toContain("data-part");
    expect(printed).toContain('data-print="true"');
    expect(spoken(printed).join(" ")).toBe(shown.join(" "));
  });

  /** What a reader sees who scrolls to the end, and how many requests that takes. */
  async function read(id: string): Promise<{ shown: string[]; parts: number }> {
    const cookie = await signIn();
    let text = await pageOf(`/transcripts/${id}`, { cookie });
    const shown: string[] = [];
    for (let parts = 1; ; parts++) {
      shown.push(...spoken(text));
      const [, part] = /data-part="([^"]+)"/.exec(text) ?? [];
      if (part === undefined) return { shown, parts };
      expect(shown.join(" ").length).toBeGreaterThan(300_000);
      text = await pageOf(part.replaceAll("&amp;", "&"), { cookie });
    }
  }

  async function wholeOf(id: string): Promise<string> {
    const file = await visit(`/v1/transcripts/${id}.html`, { cookie: await signIn() });
    const paragraphs = (await file.text()).matchAll(/<p lang="[^"]*">(.*?)<\/p>/gs);
    return [...paragraphs].map(([, said]) => said).join(" ");
  }

  it.each([true, false])(
    "shows what else Deepgram found, kept beside it or not: %s",
    async (isKept) => {
      const id = crypto.randomUUID();
      const bytes = wholeBody(sizedBody({ requestId: id, bytes: 4_500_000, utterances: true }));
      const json = JSON.parse(new TextDecoder().decode(bytes));
      json.results.summary = { result: "success", short: "They met for hours." };
      json.results.topics = { segments: [{ topics: [{ topic: "Flowers" }] }] };
      await deliver(JSON.stringify(json));
      if (isKept) await consume([{ type: "callback", request_id: id }]);
      const key = insightsKey(await recordOf(id));
      expect((await env.TRANSCRIPTS.head(key)) !== null).toBe(isKept);
      const text = await pageOf(`/transcripts/${id}`);
      expect(text).toContain("They met for hours.");
      expect(text).toContain("<bdi>Flowers</bdi>");
      expect(text).toContain("<dt><bdi>Confidence</bdi></dt>");
      await act(`/transcripts/${id}/delete`, {}, { cookie: await signIn() });
      expect(await env.TRANSCRIPTS.head(key)).toBeNull();
    },
  );

  it("a part by itself may do nothing, and is for those signed in", async () => {
    const path = `/transcripts/${await stored()}/part?from=0`;
    const part = await visit(path, { cookie: await signIn() });
    const policy = "default-src 'none'; frame-ancestors 'none'";
    expect(part.headers.get("content-security-policy")).toBe(policy);
    expect(part.headers.get("cache-control")).toBe("private, no-store");
    expect((await visit(path)).status).toBe(303);
  });

  const spoken = (text: string) =>
    [...text.matchAll(/<section class="turn".*?<p lang="[^"]*">(.*?)<\/p>/gs)].map(
      ([, said = ""]) => said.replace(/<\/?span[^>]*>/g, ""),
    );
});

describe("what is not there", () => {
  const states: [string, () => Promise<string>, number, string[]][] = [
    ["unknown", async () => ID, 404, ["No transcript with this request_id", 'data-arrival="']],
    ["no id", async () => "nonsense", 404, ["This isn't a request_id"]],
    [
      "expected",
      async () => {
        const times = {
          expected_at: new Date().toISOString(),
          deadline_at: new Date().toISOString(),
        };
        await env.TRANSCRIPTS.put(`expected/${ID}`, "", {
          customMetadata: { state: "expected", ...times },
        });
        return ID;
      },
      200,
      ["Waiting for Deepgram", "Overdue after", 'data-events="', 'http-equiv="refresh"'],
    ],
    [
      "overdue",
      async () => {
        const expected_at = new Date(0).toISOString();
        const successor = OTHER_ID;
        await deliver(transcript({ requestId: successor }).body);
        await env.TRANSCRIPTS.put(`expected/${ID}`, "", {
          customMetadata: { state: "overdue", expected_at, successor },
        });
        return ID;
      },
      200,
      ["The callback hasn't arrived", "Submitted again as", `href="/transcripts/${OTHER_ID}"`],
    ],
    [
      "failed",
      async () => {
        await deliver(JSON.stringify({ request_id: ID, err_code: "BAD", err_msg: "No sound." }));
        return ID;
      },
      200,
      ["Deepgram couldn't transcribe this audio", "BAD", "No sound."],
    ],
    [
      "deleted",
      async () => {
        const id = await stored();
        await act(`/transcripts/${id}/delete`, {}, { cookie: await signIn() });
        return id;
      },
      410,
      ["Deleted on ", "It can't be restored."],
    ],
  ];

  it("is the page of the request that a job became", async () => {
    const [ofJob, cookie] = [await jobRequestId("x-a-job"), await signIn()];
    const customMetadata = { state: "expected", expected_at: new Date(0).toISOString() };
    await env.TRANSCRIPTS.put(`expected/${ofJob}`, "", {
      customMetadata: { ...customMetadata, successor: ID },
    });
    expect((await visit(`/transcripts/${ofJob}`, { cookie })).status).toBe(200);
    await deliver(transcript({ requestId: ID }).body);
    const led = await visit(`/transcripts/${ofJob}`, { cookie });
    expect([led.status, led.headers.get("location")]).toEqual([302, `/transcripts/${ID}`]);
  });

  it("does not follow what it says of a request that another has replaced", async () => {
    const customMetadata = { state: "overdue", expected_at: new Date(0).toISOString() };
    await env.TRANSCRIPTS.put(`expected/${ID}`, "", {
      customMetadata: { ...customMetadata, successor: OTHER_ID },
    });
    await deliver(transcript({ requestId: OTHER_ID }).body);
    const page = await (await visit(`/transcripts/${ID}`, { cookie: await signIn() })).text();
    expect(page).not.toMatch(/data-events|http-equiv="refresh"|updates automatically/);
  });

  it.each(states)("is shown as it is: %s", async (_, make, status, shown) => {
    const response = await visit(`/transcripts/${await make()}`, { cookie: await signIn() });
    expect(response.status).toBe(status);
    const text = await response.text();
    for (const words of shown) expect(text.replaceAll("&#39;", "'")).toContain(words);
    expect(text).not.toContain('class="turn"');
  });
});

describe("what can be done from the page", () => {
  it("speakers are named, and lose their names", async () => {
    const id = await stored();
    const cookie = await signIn();
    await act(`/transcripts/${id}/names`, { "name.0:1": "Lucía <b>" }, { cookie });
    expect(await pageOf(`/transcripts/${id}`, { cookie })).toContain("<bdi>Lucía &lt;b&gt;</bdi>");
    await act(`/transcripts/${id}/names`, { "name.0:1": " ", "name.x": "y" }, { cookie });
    expect(await (await env.TRANSCRIPTS.get(`beside/${id}/names.json`))?.json()).toEqual({});
  });

  it("its title and tags are changed, and brought back", async () => {
    const id = await stored({ tags: ["front"], extra: { title: "As it came" } });
    const path = `/transcripts/${id}/rename`;
    const cookie = await signIn();
    expect(await pageOf(`/transcripts/${id}`, { cookie })).toContain(`href="${path}"`);
    const form = await pageOf(path, { cookie });
    expect(form).toContain('value="As it came"');
    expect(form).toContain('value="front"');
    await act(path, { title: "The <call>", tags: "front, urgent,, urgent" }, { cookie });
    const text = await pageOf(`/transcripts/${id}`, { cookie });
    expect(text).toContain("<h1><bdi>The &lt;call&gt;</bdi></h1>");
    expect(text).toContain('href="/?tag=urgent"');
    await act(path, { title: "", tags: "" }, { cookie });
    const back = await pageOf(`/transcripts/${id}`, { cookie });
    expect(back).toContain("<h1><bdi>As it came</bdi></h1>");
    expect(back).not.toContain('href="/?tag=');
    const wrong = await act(path, { title: "x".repeat(201), tags: "" }, { cookie });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("Write a title of at most 200 characters.");
    const reader = await signIn("read-token");
    expect((await visit(path, { cookie: reader })).status).toBe(403);
    expect((await act(path, { title: "x" }, { cookie: reader })).status).toBe(403);
    expect(await pageOf(`/transcripts/${id}`, { cookie: reader })).not.toContain(path);
  });

  it("a title that was left as it came stays that of the callback", async () => {
    const id = await stored({ tags: ["front"], extra: { title: "As it came" } });
    const cookie = await signIn();
    const path = `/transcripts/${id}/rename`;
    await act(path, { title: "As it came", tags: "front" }, { cookie });
    expect(await env.TRANSCRIPTS.head(`expected/${id}`)).toBeNull();
  });

  it("what cannot be retried says what must be added", async () => {
    const id = await stored();
    const { env: given } = channels();
    const cookie = await signIn("admin-token", given);
    await act(`/transcripts/${id}/follow-ups`, { email: EMAIL }, { cookie, env: given });
    const key = effectKey(id as RequestId, `email:${EMAIL}:transcript.received`);
    const entry = await env.TRANSCRIPTS.get(key);
    expect(entry).not.toBeNull();
    await env.TRANSCRIPTS.put(key, await entry!.text(), {
      customMetadata: { ...entry!.customMetadata, state: "failed" },
    });
    const shown = (RECIPIENTS: string) =>
      pageOf(`/transcripts/${id}`, { cookie, env: { ...given, RECIPIENTS } });
    expect(await shown("example.com")).toContain(">Retry</button>");
    const refused = await shown("other.example");
    expect(refused).toContain(`Add ${EMAIL} to RECIPIENTS, then retry.`);
    expect(refused).not.toContain(">Retry</button>");
  });

  it("a link is made, shown and revoked", async () => {
    const id = await stored();
    const cookie = await signIn();
    await act(
      `/transcripts/${id}/shares`,
      { expires_in: "86400", from: "0:01,5", to: "" },
      { cookie },
    );
    const wrong = await act(`/transcripts/${id}/shares`, { from: "soon" }, { cookie });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain('value="soon"');
    const text = await pageOf(`/transcripts/${id}/share`, { cookie });
    const [, url = ""] = /value="(https:\/\/edge\.test\/share\/[^"]+)"/.exec(text) ?? [];
    expect(text).toContain("0:01 to the end");
    expect((await visit(new URL(url).pathname)).status).toBe(200);
    const [, share = ""] = /name="id" value="([^"]+)"/.exec(text) ?? [];
    await act(`/transcripts/${id}/shares/revoke`, { id: share }, { cookie });
    expect((await visit(new URL(url).pathname)).status).toBe(404);
  });

  it("a translation is asked for, and shown as a follow-up", async () => {
    const id = await stored();
    const cookie = await signIn();
    await act(`/transcripts/${id}/follow-ups`, { translate: "es, pt-br" }, { cookie });
    const text = await pageOf(`/transcripts/${id}`, { cookie });
    expect(text).toContain("Translation into Spanish");
    expect(text).toContain("Translation into Portuguese (Brazil)");
    expect(text).toContain("Pending");
    expect(text).toContain("data-events=");
    const wrong = await act(`/transcripts/${id}/follow-ups`, { translate: "<b>" }, { cookie });
    expect(wrong.status).toBe(422);
    const again = await wrong.text();
    expect(again).toContain("<title>Error: Translate");
    expect(again).toContain('value="&lt;b&gt;"');
    expect(again).toContain('aria-invalid="true"');
  });

  it("somebody is notified, by webhook, e-mail or SMS", async () => {
    const id = await stored();
    const { env: given } = channels();
    const cookie = await signIn("admin-token", given);
    const path = `/transcripts/${id}/follow-ups`;
    expect(await pageOf(`/transcripts/${id}/notify`, { cookie, env: given })).toContain(
      '<option value="crm">crm</option>',
    );
    const fields = { webhook: "crm", email: EMAIL, sms: PHONE };
    expect((await act(path, fields, { cookie, env: given })).status).toBe(303);
    const text = await pageOf(`/transcripts/${id}`, { cookie, env: given });
    for (const shown of [`Webhook to crm`, `E-mail to ${EMAIL}`, `SMS to ${PHONE}`]) {
      expect(text).toContain(`<bdi>${shown}: transcript.received</bdi>`);
    }
    const wrong: [Record<string, string>, string][] = [
      [{ email: "nobody" }, "Write an e-mail address"],
      [{ email: EMAIL, sms: "12" }, "Write a phone number"],
      [{ webhook: "other" }, "The webhook other is not in WEBHOOK_ENDPOINTS"],
      [{}, "Choose a webhook, or write an address or a number."],
    ];
    for (const [fields, shown] of wrong) {
      const refused = await act(path, fields, { cookie, env: given });
      expect(refused.status).toBe("webhook" in fields ? 400 : 422);
      expect(await refused.text()).toContain(shown);
    }
  });

  it("its downloads carry the names of speakers, where those of the API do not", async () => {
    const id = await stored();
    const cookie = await signIn();
    const evil = "Dana & <b>*Co*</b>";
    await act(`/transcripts/${id}/names`, { "name.0:0": evil }, { cookie });
    const text = await pageOf(`/transcripts/${id}`, { cookie });
    const file = (format: string, query = "") =>
      visit(`/v1/transcripts/${id}.${format}${query}`, { cookie });
    const named = {
      txt: `${evil}: `,
      vtt: "<v Dana &amp; &lt;b&gt;*Co*&lt;/b&gt;>",
      srt: `${evil}: `,
      md: "**Dana \\& \\<b\\>\\*Co\\*\\</b\\>** ",
      html: " Dana &amp; &lt;b&gt;*Co*&lt;/b&gt;</h2>",
    };
    for (const [format, shown] of Object.entries(named)) {
      expect(text).toContain(`/v1/transcripts/${id}.${format}?download=true&amp;names=true`);
      const [plain, asked] = [await file(format), await file(format, "?names=true")];
      expect(await asked.text()).toContain(shown);
      expect(await plain.text()).not.toContain("Dana");
      expect(asked.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    }
    const before = (await file("txt", "?names=true")).headers.get("etag");
    await act(`/transcripts/${id}/names`, { "name.0:0": "Lou" }, { cookie });
    expect((await file("txt", "?names=true")).headers.get("etag")).not.toBe(before);
    expect((await file("txt", "?names=1")).status).toBe(400);
  });

  it("it is deleted for good", async () => {
    const id = await stored();
    const cookie = await signIn();
    const asked = await pageOf(`/transcripts/${id}/delete`, { cookie });
    expect(asked.replaceAll("&#39;", "'")).toContain("This can't be undone.");
    expect((await visit(`/transcripts/${id}`, { cookie })).status).toBe(200);
    expect((await act(`/transcripts/${id}/delete`, {}, { cookie })).status).toBe(303);
    expect((await visit(`/transcripts/${id}`, { cookie })).status).toBe(410);
  });

  const ACTIONS = [
    "names",
    "rename",
    "follow-ups",
    "resubmit",
    "retry",
    "shares",
    "shares/revoke",
    "delete",
  ];

  it.each(ACTIONS)(
    "%s needs the code of the session, a page of ours, and the scope",
    async (name) => {
      const path = `/transcripts/${await stored()}/${name}`;
      const cookie = await signIn();
      const code = /name="code" value="([^"]+)"/.exec(await pageOf("/", { cookie }))?.[1] ?? "";
      const other = /name="code" value="([^"]+)"/.exec(await pageOf("/", {}))?.[1] ?? "";
      expect((await submitForm(path, {}, { cookie })).status).toBe(403);
      expect((await submitForm(path, { code: other }, { cookie })).status).toBe(403);
      expect((await submitForm(path, { code })).status).toBe(401);
      const headers = { "sec-fetch-site": "cross-site" };
      expect((await submitForm(path, { code }, { cookie, headers })).status).toBe(403);
      const reader = await signIn("read-token");
      expect((await act(path, {}, { cookie: reader })).status).toBe(403);
      expect(await pageOf(path.replace(`/${name}`, ""), { cookie: reader })).not.toContain(
        `${name}"`,
      );
    },
  );

  it("nothing of it happens by GET", async () => {
    const id = await stored();
    const cookie = await signIn();
    for (const name of ["delete", "share", "translate", "notify"]) {
      expect((await visit(`/transcripts/${id}/${name}`, { cookie })).status).toBe(200);
      const reader = await signIn("read-token");
      expect((await visit(`/transcripts/${id}/${name}`, { cookie: reader })).status).toBe(403);
    }
    for (const name of ["retry", "resubmit", "shares/revoke"]) {
      expect((await visit(`/transcripts/${id}/${name}`, { cookie })).status).toBe(405);
    }
    const request = new Request(`https://edge.test/v1/transcripts/${id}`, {
      headers: { authorization: "Bearer read-token" },
    });
    expect((await send(request)).status).toBe(200);
  });
});
