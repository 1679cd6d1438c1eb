import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseRequestId } from "../../../src/deepgram/request-id.ts";
import { deadLetterKey } from "../../../src/store/keys.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { act, type Browsing, codeOf, SIGNING_KEYS, signIn, submitForm, visit } from "./browse.ts";

async function listed(tag = "front"): Promise<string> {
  const { id, body } = transcript({ words: 20, utterances: true, tags: [tag] });
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  return id;
}

async function desk(path = "/", browsing: Browsing = {}): Promise<string> {
  const response = await visit(path, {
    cookie: await signIn("admin-token", browsing.env),
    ...browsing,
  });
  expect(response.status).toBe(200);
  return response.text();
}

it("counts transcripts by state and lists the latest, with links to them", async () => {
  const ids = [await listed(), await listed()];
  const text = await desk();
  expect(text).toMatch(/<a href="\/\?state=received"[^>]*><b>2<\/b> received<\/a>/);
  for (const id of ids) expect(text).toContain(`href="/transcripts/${id}"`);
  expect(text).toMatch(/<title>\d\d:00: 2<\/title>/);
});

it("lists by tag and state, and leads on to the older ones", async () => {
  const id = await listed("a <b>");
  for (let i = 0; i < 26; i++) await listed("many");
  const byTag = await desk("/?q=a+%3Cb%3E");
  expect(byTag).toContain(id);
  expect(byTag.match(/<tr>/g)).toHaveLength(2);
  expect(byTag).toContain("<bdi>a &lt;b&gt;</bdi>");
  expect(await desk("/?state=failed")).toContain("There are none.");
  const first = await desk("/?q=many");
  const [, older = ""] = /<a href="([^"]+)">Older<\/a>/.exec(first) ?? [];
  const second = await desk(older.replaceAll("&amp;", "&"));
  expect(second.match(/<tr>/g)).toHaveLength(2);
});

it("lists what came on the days asked for, both included, also on the pages that follow", async () => {
  for (let i = 0; i < 27; i++) await listed();
  const today = new Date().toISOString().slice(0, 10);
  const rows = async (query: string) => (await desk(query)).match(/<tr>/g)?.length ?? 1;
  expect(await rows(`/?since=${today}&until=${today}`)).toBe(26);
  expect(await rows("/?until=2020-01-01")).toBe(1);
  expect(await rows("/?since=2999-01-01")).toBe(1);
  expect(await rows("/?since=nonsense")).toBe(26);
  const first = await desk(`/?since=${today}&until=${today}`);
  expect(first).toContain(`name="since" type="date" value="${today}"`);
  const [, older = ""] = /<a href="([^"]+)">Older<\/a>/.exec(first) ?? [];
  expect(older).toContain(`since=${today}`);
  expect(await rows(older.replaceAll("&amp;", "&"))).toBe(3);
});

describe("words sought in all transcripts", () => {
  async function wordOf(id = ""): Promise<string> {
    const file = await visit(`/v1/transcripts/${id}.txt`, { cookie: await signIn() });
    return /[a-z]{5,}/.exec(await file.text())?.[0] ?? "";
  }

  const sought = (words: string) => desk(`/?said=${encodeURIComponent(words)}`);

  it("lead to the places where they were said", async () => {
    const ids = [await listed(), await listed()];
    const word = await wordOf(ids[0]);
    const text = await sought(word);
    for (const id of ids) expect(text).toContain(`<a href="/transcripts/${id}?t=`);
    const [, path = ""] = /<ol class="hits"><li><a href="([^"]+)"/.exec(text) ?? [];
    expect(await (await visit(path, { cookie: await signIn() })).text()).toContain(word);
  });

  it("that are nowhere, or cannot be sought, are said to be", async () => {
    expect(await sought("nowhere-said")).toContain("No transcript has “<bdi>nowhere-said</bdi>”");
    expect(await sought("<b>!")).toContain("No transcript has “<bdi>&lt;b&gt;!</bdi>”");
    expect(await sought("?!")).toContain("The search has no letter or number.");
  });

  it("lead on where there are more of them", async () => {
    let id = "";
    for (let i = 0; i < 22; i++) id = await listed();
    const first = await sought(await wordOf(id));
    const [, more = ""] = /<a href="([^"]+)">More hits<\/a>/.exec(first) ?? [];
    expect(await desk(more.replaceAll("&amp;", "&"))).toContain('<ol class="hits">');
  });
});

it("an overdue request can be submitted again from the list, by those who may submit", async () => {
  const id = crypto.randomUUID();
  await env.CATALOGUE.batch([
    env.CATALOGUE.prepare(
      "INSERT INTO transcripts (request_id, state, at, expected_at) VALUES (?1, 'overdue', ?2, ?2)",
    ).bind(id, new Date().toISOString()),
    env.CATALOGUE.prepare(
      "INSERT INTO listed (number, tag, state, at) SELECT number, '', state, at FROM transcripts",
    ),
  ]);
  const form = `action="/transcripts/${id}/resubmit"`;
  expect(await desk()).toContain(form);
  expect(await desk("/", { cookie: await signIn("read-token") })).not.toContain(form);
});

it("a request_id leads to its transcript", async () => {
  const id = crypto.randomUUID();
  const response = await visit(`/?q=+${id.toUpperCase()}+`, { cookie: await signIn() });
  expect(response.headers.get("location")).toBe(`/transcripts/${id}`);
});

it("shows all but the catalogue when that does not answer", async () => {
  const isAway = () => {
    throw new Error("D1 is away");
  };
  const CATALOGUE = faulty(env.CATALOGUE, { prepare: isAway });
  const text = await desk("/", { env: { CATALOGUE } });
  expect(text).toContain("The catalogue does not answer");
  expect(text).toContain("Dead letters");
});

it("shows quarantine, and deletes from it", async () => {
  await deliver("not json");
  const text = await desk();
  const [, digest = ""] = /name="digest" value="([0-9a-f]{64})"/.exec(text) ?? [];
  expect(text).toContain(`href="/v1/quarantine/${digest}"`);
  await act("/quarantine/delete", { digest }, { cookie: await signIn() });
  expect(await desk()).toContain("There is nothing in it.");
});

it("says which secrets are set and what is wrong, never what they are", async () => {
  const given = { DEEPGRAM_API_KEY: "the-deepgram-key", RETENTION_DAYS: "never" };
  const text = await desk("/", { env: given });
  expect(text).toContain('<code>DEEPGRAM_API_KEY</code> <b class="s-done">set</b>');
  expect(text).toContain("<code>RESEND_API_KEY</code> not set");
  expect(text).toContain("<code>RETENTION_DAYS</code>: ");
  for (const secret of ["the-deepgram-key", "first-password", "admin-token"]) {
    expect(text).not.toContain(secret);
  }
});

it("shows what redriving would do before it does it", async () => {
  const id = parseRequestId(await listed());
  if (id === null) throw new Error("no id");
  const key = deadLetterKey(id, "callback");
  const deadLetter = {
    message: { type: "callback", request_id: id },
    state: "dead",
    attempts: 20,
    reason: "<b>D1</b> was away",
    died_at: new Date().toISOString(),
  };
  await env.TRANSCRIPTS.put(key, JSON.stringify(deadLetter));
  const name = `${id}/callback`;
  const text = await desk();
  expect(text).toContain(`value="${name}"`);
  expect(text).toContain("&lt;b&gt;D1&lt;/b&gt; was away");
  const { queue, sent } = recordingQueue();
  const browsing = { cookie: await signIn(), env: { FOLLOW_UP_QUEUE: queue } };
  const preview = await act("/dead-letters/preview", { id: name }, browsing);
  expect(await preview.text()).toContain("would be tried again");
  expect(sent).toEqual([]);
  expect(await env.TRANSCRIPTS.head(key)).not.toBeNull();
  const done = await act("/dead-letters/redrive", { id: name }, browsing);
  expect(await done.text()).toContain("handed to the queue");
  expect(sent).toEqual([deadLetter.message]);
  expect((await act("/dead-letters/redrive", {}, browsing)).status).toBe(400);
});

it("dismisses dead letters after a preview", async () => {
  const key = "dead-letters/stray/m0";
  const deadLetter = {
    message: "stray",
    state: "dead",
    attempts: 1,
    reason: "not a message of this Worker",
    died_at: new Date().toISOString(),
  };
  await env.TRANSCRIPTS.put(key, JSON.stringify(deadLetter));
  const browsing = { cookie: await signIn() };
  const preview = await act("/dead-letters/preview", { id: "stray/m0" }, browsing);
  expect(await preview.text()).toContain("Put 1 away without trying");
  expect((await act("/dead-letters/dismiss", { id: "stray/m0" }, browsing)).status).toBe(303);
  expect(await env.TRANSCRIPTS.head(key)).toBeNull();
});

it("what is for operators is not shown to others, nor done for them", async () => {
  await deliver("not json");
  const cookie = await signIn("read-token");
  const text = await desk("/", { cookie });
  for (const title of ["Dead letters", "Quarantine", "Configuration", "Submit audio"]) {
    expect(text).not.toContain(title);
  }
  for (const path of [
    "/dead-letters/redrive",
    "/dead-letters/dismiss",
    "/quarantine/delete",
    "/submit",
  ]) {
    expect((await act(path, {}, { cookie })).status).toBe(403);
  }
});

it("submits only the web address of audio, and only for a page of its own", async () => {
  const cookie = await signIn();
  for (const url of ["", "file:///etc/passwd", "javascript:alert(1)", "call.wav"]) {
    expect((await act("/submit", { url, model: "nova-3" }, { cookie })).status).toBe(400);
  }
  const code = await codeOf(cookie);
  const upload = (headers: Record<string, string>, given = cookie, env: Partial<Env> = {}) =>
    submitForm("/upload?model=nova-3", {}, { cookie: given, headers, env });
  expect((await upload({})).status).toBe(403);
  expect((await upload({ "action-code": code, "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await upload({ "action-code": code }, "")).status).toBe(401);
  const reader = await signIn("read-token");
  expect((await upload({ "action-code": await codeOf(reader) }, reader)).status).toBe(403);
  // All is well with it, but for the key of Deepgram's.
  expect((await upload({ "action-code": code })).status).toBe(503);
  // The page was loaded before another key signs.
  const rotated = { SIGNING_KEYS: `another-signing-key-0123456789abcdef ${SIGNING_KEYS}` };
  expect((await upload({ "action-code": code }, cookie, rotated)).status).toBe(503);
});
