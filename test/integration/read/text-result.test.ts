import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { insightsKey, segmentsKey } from "../../../src/store/keys.ts";
import { readBody, SUMMARY } from "../../support/bodies/read-body.ts";
import { channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { call, job } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { recordOf } from "../../support/record-of.ts";
import { workOff } from "../../support/work-off.ts";
import { act, SIGNING_KEYS, signIn, visit } from "../pages/browse.ts";

afterEach(() => vi.useRealTimers());

type Lane = Pick<(typeof LANES)[number], "deliver">;

async function stored({ deliver: post }: Lane = { deliver }, body = readBody()): Promise<string> {
  expect((await post(JSON.stringify(body))).status).toBe(200);
  return body.metadata.request_id;
}

const callback = (id: string) => ({ type: "callback", request_id: id });

const post = (path: string, body: unknown) =>
  send(
    new Request(`https://edge.test${path}`, {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: JSON.stringify(body),
    }),
    { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" },
  );

const textOf = async (path: string) => (await get(path)).text();

describe.each(LANES)("a result of /v1/read, $name", (lane) => {
  it("is received, of kind text, in its language", async () => {
    const id = await stored(lane);
    const status = await (await get(`/v1/transcripts/${id}/status`)).json();
    expect(status).toMatchObject({
      state: "received",
      kind: "text",
      languages: ["en"],
      error: null,
    });
  });

  it("is given byte for byte, and as Markdown, text and HTML", async () => {
    const body = readBody();
    const id = await stored(lane, body);
    const path = `/v1/transcripts/${id}`;
    expect((await textOf(path)).trim()).toBe(JSON.stringify(body));
    expect(await textOf(`${path}.md`)).toBe(
      [
        "## Summary\n\nTwo neighbours agree to share a ladder \\& a wheelbarrow.\n",
        "## Topics\n\n- Garden \\<tools\\>\n",
        "## Intents\n\n- Borrow a ladder\n",
        "## Sentiment\n\npositive (0.40 of −1 to 1)\n\n- positive: Thank you so much.\n",
      ].join("\n"),
    );
    expect(await textOf(`${path}.txt`)).toBe(
      [
        `Summary\n${SUMMARY}\n`,
        "Topics\nGarden <tools>\n",
        "Intents\nBorrow a ladder\n",
        "Sentiment\npositive (0.40 of −1 to 1)\npositive: Thank you so much.\n",
      ].join("\n"),
    );
    const html = await get(`${path}.html`);
    expect(html.headers.get("content-security-policy")).toContain("default-src 'none'");
    const shown = await html.text();
    expect(shown).toContain('<h2>Summary</h2>\n<p dir="auto">Two neighbours');
    expect(shown).toContain("ladder &amp; a wheelbarrow");
    expect(shown).toContain('<li dir="auto">Garden &lt;tools&gt;</li>');
    expect(shown.endsWith("</html>\n")).toBe(true);
  });

  it.each(["vtt", "srt", "csv", "jsonl"])("has no .%s, nor by HEAD", async (format) => {
    const path = `/v1/transcripts/${await stored(lane)}.${format}`;
    const response = await get(path);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: "not_a_transcript",
      detail: `The result is text intelligence, not a transcript: it has no ${format}; ask for json, txt, md, html.`,
    });
    expect((await get(path, { method: "HEAD" })).status).toBe(422);
    const conditional = await get(path, { headers: { "if-none-match": '"x"' } });
    expect(conditional.status).toBe(422);
  });

  it("is found by its summary, in all transcripts and in it", async () => {
    const word = `w${crypto.randomUUID().slice(0, 8)}`;
    const results = { summary: { text: `They talk of ${word} only.` } };
    const id = await stored(lane, readBody({ results }));
    const hit = { start: 0, end: 0, channel: 0, speaker: null, text: `They talk of ${word} only.` };
    const within = await get(`/v1/transcripts/${id}/search?q=${word}`);
    expect(await within.json()).toEqual({ hits: [hit] });
    await consume([callback(id)]);
    const found = await (await get(`/v1/search?q=${word}`)).json();
    expect(found).toMatchObject({ transcripts: [{ request_id: id, hits: [hit] }] });
  });

  it("is listed with its kind, also after a rebuild", async () => {
    const id = await stored(lane);
    const listed = async () => {
      const page = await (await get("/v1/transcripts?limit=1000")).json<{
        transcripts: { request_id: string; kind: string }[];
      }>();
      return page.transcripts.find(({ request_id }) => request_id === id)?.kind;
    };
    await consume([callback(id)]);
    expect(await listed()).toBe("text");
    await env.CATALOGUE.prepare("DELETE FROM transcripts WHERE request_id = ?1").bind(id).run();
    const rebuilt = await asOperator("/v1/catalogue/rebuild", "POST");
    expect(await rebuilt.json()).toMatchObject({ failed: [] });
    expect(await listed()).toBe("text");
  });

  it("is shown on its page: what was found, no speech, and no file that it has not", async () => {
    const id = await stored(lane);
    await consume([callback(id)]);
    const page = await visit(`/transcripts/${id}`, { cookie: await signIn() });
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toMatch(/<title>[A-Z][^<]* · deepgram-edge-receiver<\/title>/);
    expect(html).toContain("ladder &amp; a wheelbarrow");
    expect(html).toContain("Garden &lt;tools&gt;");
    expect(html).toContain("Borrow a ladder");
    expect(html).toContain("positive (0.40 of −1 to 1)");
    expect(html).not.toContain("No speech was found");
    expect(html).not.toContain("What was said");
    expect(html).toContain(`/transcripts/${id}/notify"`);
    expect(html).not.toContain(`/transcripts/${id}/translate"`);
    const share = await visit(`/transcripts/${id}/share`, { cookie: await signIn() });
    const form = await share.text();
    expect(form).toContain('name="expires_in"');
    expect(form).not.toContain('name="from"');
    const files = [...html.matchAll(/href="\/v1\/transcripts\/[^."]+\.(\w+)\?download/g)];
    expect(files.map(([, format]) => format)).toEqual(["json", "txt", "md", "html"]);
    const part = await visit(`/transcripts/${id}/part?from=0`, { cookie: await signIn() });
    expect(await part.text()).toBe("");
  });
});

it("is a text whichever finding it has, and no transcript is one", async () => {
  const kindOf = async (results: Record<string, unknown>) => {
    const id = await stored(undefined, readBody({ results }));
    return (await (await get(`/v1/transcripts/${id}/status`)).json<{ kind: string }>()).kind;
  };
  expect(await kindOf({ summary: { text: "x" } })).toBe("text");
  expect(await kindOf({ topics: { segments: [] } })).toBe("text");
  expect(await kindOf({ intents: { segments: [] } })).toBe("text");
  expect(await kindOf({ sentiments: { segments: [] } })).toBe("text");
  expect(await kindOf({ summary: { short: "x" }, channels: [] })).toBe("transcript");
  expect(await kindOf({ summary: { short: "x" }, utterances: [] })).toBe("transcript");
  expect(await kindOf({})).toBe("transcript");
  expect(await kindOf({ summary: "x", topics: null })).toBe("transcript");
});

it("has no kind before there is a result, nor of a failure", async () => {
  const id = crypto.randomUUID();
  await deliver(JSON.stringify({ err_code: "X", err_msg: "no", request_id: id }));
  const status = await (await get(`/v1/transcripts/${id}/status`)).json();
  expect(status).toMatchObject({ state: "failed", kind: null });
});

it("is taken on the URL of its job", async () => {
  const own = await job("x");
  const body = readBody();
  expect((await call(JSON.stringify(body), own)).status).toBe(200);
  const path = `/v1/transcripts/${body.metadata.request_id}/status`;
  expect(await (await get(path)).json()).toMatchObject({ state: "received", kind: "text" });
});

it("has nothing to slice, and nothing to translate", async () => {
  const id = await stored();
  const path = `/v1/transcripts/${id}`;
  for (const sliced of ["from=1", "to=2", "channel=0", "speaker=0", "min_confidence=0.5"]) {
    const response = await get(`${path}.md?${sliced}`);
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([
      422,
      "not_a_transcript",
    ]);
  }
  const refused = [
    await get(`${path}/translations/es`),
    await post(`${path}/follow-ups`, { translate: ["es"] }),
    await post(`${path}/share`, { expires_in: 60, from: 1 }),
  ];
  for (const response of refused) {
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "not_a_transcript" });
  }
});

it("what its findings say never becomes markup", async () => {
  const results = {
    summary: { text: "# not a heading" },
    topics: { segments: [{ topics: [{ topic: "- no list" }, { topic: "12. no number" }] }] },
  };
  const id = await stored(undefined, readBody({ results }));
  expect(await textOf(`/v1/transcripts/${id}.md`)).toBe(
    "## Summary\n\n\\# not a heading\n\n## Topics\n\n- \\- no list\n- 12\\. no number\n",
  );
});

it("without any finding is empty, and says so", async () => {
  const id = await stored(undefined, readBody({ results: { topics: { segments: [] } } }));
  const path = `/v1/transcripts/${id}`;
  expect(await textOf(`${path}.md`)).toBe("");
  expect(await textOf(`${path}.txt`)).toBe("");
  expect(await textOf(`${path}.html`)).toContain("Nothing was found.");
  const page = await visit(`/transcripts/${id}`, { cookie: await signIn() });
  expect(await page.text()).toContain("Nothing was found.");
});

it("has entity tags, by which it is not sent again", async () => {
  const path = `/v1/transcripts/${await stored()}.md`;
  const etag = (await get(path)).headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[^"]+"$/);
  expect((await get(path, { headers: { "if-none-match": etag } })).status).toBe(304);
});

it("its events tell the kind", async () => {
  const id = await stored();
  const response = await get(`/v1/transcripts/${id}/events`);
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  while (!text.includes('"state"')) text += (await reader.read()).value ?? "";
  await reader.cancel();
  expect(text).toContain('"state":"received","kind":"text"');
});

it("is sent by every channel, with its summary, and not translated", async () => {
  const world = channels();
  const extra = { notify_webhook: "crm", notify_email: EMAIL, notify_sms: PHONE, translate: "es" };
  const id = await stored(undefined, readBody({ extra }));
  await workOff([callback(id)], world.env);
  const status = await (await get(`/v1/transcripts/${id}/status`)).json<{
    follow_ups: { name: string; state: string }[];
    follow_up_problems: string[];
  }>();
  expect(status.follow_ups.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    `email:${EMAIL}:transcript.received done`,
    `sms:${PHONE}:transcript.received done`,
    "webhook:crm:transcript.received done",
  ]);
  expect(status.follow_up_problems).toEqual([
    "extra.translate: text intelligence is not translated",
  ]);
  const [notification] = (await world.webhook.state()).requests.map(({ body }) => JSON.parse(body));
  expect(notification).toMatchObject({
    type: "transcript.received",
    data: { request_id: id, kind: "text" },
  });
  const [email] = (await world.resend.state()).emails;
  expect(email?.subject).toMatch(/^Text analysis ready: /);
  expect(email?.text).toContain(SUMMARY);
  expect(email?.text).toContain("Garden <tools>");
  expect(email?.text).toContain("positive (0.40 of −1 to 1)");
  expect(email?.text).not.toContain("No speech");
  expect(email?.html).toContain("a ladder &amp; a wheelbarrow");
  const [message] = (await world.twilio.state()).messages;
  expect(message?.body).toMatch(/^Text analysis: Two neighbours agree/);
});

it("a large one keeps its findings beside it, and no segments", async () => {
  const [, , large] = LANES;
  const id = await stored(large);
  await consume([callback(id)]);
  const record = await recordOf(id);
  const kept = await env.TRANSCRIPTS.get(insightsKey(record));
  expect(await kept?.json()).toMatchObject({ summary: SUMMARY, topics: ["Garden <tools>"] });
  expect(await env.TRANSCRIPTS.head(segmentsKey(record))).toBeNull();
});

it("is shared whole: its page, its text and its Markdown, and no captions", async () => {
  const id = await stored();
  const shared = await post(`/v1/transcripts/${id}/share`, { expires_in: 600 });
  const { pathname } = new URL((await shared.json<{ url: string }>()).url);
  const page = await (await visit(pathname)).text();
  expect(page).toContain("ladder &amp; a wheelbarrow");
  expect([...page.matchAll(/transcript\.(\w+)\?download/g)].map(([, format]) => format)).toEqual([
    "txt",
    "md",
  ]);
  expect(await (await visit(`${pathname}/transcript.md`)).text()).toContain("## Summary");
  expect((await visit(`${pathname}/transcript.vtt`)).status).toBe(404);
  const hits = await (await visit(`${pathname}/search?q=ladder`)).json<{ hits: unknown[] }>();
  expect(hits.hits).toHaveLength(1);
});

it("a part of a transcript tells nothing of the text that took its place", async () => {
  const { id, body } = transcript({ words: 30 });
  await deliver(body);
  const shared = await post(`/v1/transcripts/${id}/share`, { expires_in: 600, from: 0, to: 3 });
  const { pathname } = new URL((await shared.json<{ url: string }>()).url);
  await deliver(JSON.stringify(readBody({ requestId: id })));
  const { conflicts } = await (await get(`/v1/transcripts/${id}/status`)).json<{
    conflicts: { sha256: string }[];
  }>();
  const promoted = await asOperator(
    `/v1/transcripts/${id}/versions/${conflicts[0]?.sha256}/promote`,
    "POST",
  );
  expect(await promoted.json()).toMatchObject({ kind: "text" });
  expect(await (await visit(pathname)).text()).not.toContain("ladder");
  expect((await visit(`${pathname}/transcript.md`)).status).toBe(404);
  expect(await (await visit(`${pathname}/search?q=ladder`)).text()).not.toContain("wheelbarrow");
});

it("the page's forms cannot ask for what a text has not", async () => {
  const id = await stored();
  const cookie = await signIn();
  const asked = await act(`/transcripts/${id}/follow-ups`, { translate: "es" }, { cookie });
  expect(asked.status).toBe(422);
  const shared = await act(
    `/transcripts/${id}/shares`,
    { expires_in: "600", from: "1", to: "2" },
    { cookie },
  );
  expect(shared.status).toBe(422);
});
