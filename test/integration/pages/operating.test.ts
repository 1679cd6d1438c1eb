import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseRequestId } from "../../../src/deepgram/request-id.ts";
import { deadLetterKey } from "../../../src/store/keys.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { act, type Browsing, SIGNING_KEYS, signIn, visit } from "./browse.ts";

async function pageOf(path: string, browsing: Browsing = {}): Promise<string> {
  const response = await visit(path, {
    cookie: await signIn("admin-token", browsing.env),
    ...browsing,
  });
  expect(response.status).toBe(200);
  return (await response.text()).replaceAll("&#39;", "'");
}

async function deadLetter(key: string, message: unknown, reason: string): Promise<void> {
  const died_at = new Date().toISOString();
  const content = { message, state: "dead", attempts: 20, reason, died_at };
  await env.TRANSCRIPTS.put(key, JSON.stringify(content));
}

describe("what needs attention", () => {
  it("is counted in the bar, and nothing is said to be nothing", async () => {
    expect(await pageOf("/attention")).toContain("Nothing needs attention");
    await deliver("not json");
    const text = await pageOf("/attention");
    expect(text).toContain('Needs attention<span class="count">1</span>');
    expect(text).not.toContain("Nothing needs attention");
  });

  it("has unmatched callbacks, each deleted only after it was seen", async () => {
    await deliver("not <json>");
    const list = await pageOf("/attention");
    expect(list).toContain("Not JSON · 10 bytes");
    expect(list).not.toContain('action="/attention');
    const [, path = ""] = /href="(\/attention\/callbacks\/[0-9a-f]{64})"/.exec(list) ?? [];
    expect(await pageOf(path)).toContain("<pre>not &lt;json&gt;</pre>");
    const asked = await pageOf(`${path}/delete`);
    expect(asked).toContain("<pre>not &lt;json&gt;</pre>");
    expect(asked).toContain("This is the only copy.");
    expect(asked).toContain(`action="${path}/delete"`);
    await act(`${path}/delete`, {}, { cookie: await signIn() });
    expect(await pageOf("/attention")).toContain("Nothing needs attention");
    expect((await visit(path, { cookie: await signIn() })).status).toBe(404);
  });

  it("has unmatched callbacks that are attached to a request", async () => {
    const { id, body } = transcript({ words: 5 });
    const other = crypto.randomUUID();
    const cookie = await signIn();
    const known = transcript({ words: 5 });
    await deliver(known.body);
    const json = JSON.parse(body);
    delete json.metadata.request_id;
    await deliver(JSON.stringify(json));
    const [, path = ""] =
      /href="(\/attention\/callbacks\/[0-9a-f]{64}\/attach)"/.exec(await pageOf("/attention")) ??
      [];
    expect(await pageOf(path)).toContain("Attach to a request");
    const wrong: [string, string][] = [
      ["nonsense", "This isn't a request_id."],
      [other, "No transcript is known by this request_id."],
    ];
    for (const [request_id, shown] of wrong) {
      const refused = await act(path, { request_id }, { cookie });
      expect(refused.status).toBe(422);
      const text = (await refused.text()).replaceAll("&#39;", "'");
      expect(text).toContain(shown);
      expect(text).toContain(`value="${request_id}"`);
      expect(text).toContain("<title>Error: Attach to a request");
    }
    expect(await pageOf("/attention")).toContain("No request_id · ");
    const done = await act(path, { request_id: known.id }, { cookie });
    expect(done.headers.get("location")).toBe(`/transcripts/${known.id}`);
    expect(await pageOf("/attention")).toContain("Nothing needs attention");
    expect(await pageOf(`/transcripts/${known.id}`)).toContain("Another version received");
    expect((await visit(`/transcripts/${id}`, { cookie })).status).toBe(404);
  });

  it("has overdue requests, and says when the catalogue does not answer", async () => {
    const id = crypto.randomUUID();
    await env.CATALOGUE.batch([
      env.CATALOGUE.prepare(
        "INSERT INTO transcripts (request_id, state, at, expected_at) VALUES (?1, 'overdue', ?2, ?2)",
      ).bind(id, new Date().toISOString()),
      env.CATALOGUE.prepare(
        "INSERT INTO listed (number, tag, state, at) SELECT number, '', state, at FROM transcripts",
      ),
    ]);
    expect(await pageOf("/attention")).toContain(`href="/transcripts/${id}"`);
    const isAway = () => {
      throw new Error("D1 is away");
    };
    const CATALOGUE = faulty(env.CATALOGUE, { prepare: isAway });
    await deliver("not json");
    const text = await pageOf("/attention", { env: { CATALOGUE } });
    expect(text).toContain("The list isn't available.");
    expect(text).toContain("Unmatched callbacks");
  });

  it("shows what a retry would do before it does it", async () => {
    const { id: text, body } = transcript({ words: 5 });
    const id = parseRequestId(text);
    if (id === null) throw new Error("no id");
    await deliver(body);
    const message = { type: "callback", request_id: id };
    await deadLetter(deadLetterKey(id, "callback"), message, "<b>D1</b> was away");
    const name = `${id}/callback`;
    const page = await pageOf("/attention");
    expect(page).toContain(`value="${name}"`);
    expect(page).toContain("&lt;b&gt;D1&lt;/b&gt; was away");
    const { queue, sent } = recordingQueue();
    const browsing = { cookie: await signIn(), env: { FOLLOW_UP_QUEUE: queue } };
    const preview = await act("/dead-letters/preview", { id: name }, browsing);
    expect(await preview.text()).toContain("Retry 1 follow-up?");
    expect(sent).toEqual([]);
    expect(await env.TRANSCRIPTS.head(deadLetterKey(id, "callback"))).not.toBeNull();
    const done = await act("/dead-letters/redrive", { id: name }, browsing);
    expect(done.headers.get("location")).toBe("/attention?done=retried&n=1");
    expect(sent).toEqual([message]);
    expect((await act("/dead-letters/redrive", {}, browsing)).status).toBe(422);
  });

  it("is dismissed for good", async () => {
    await deadLetter("dead-letters/stray/m0", "stray", "not a message of this Worker");
    const browsing = { cookie: await signIn() };
    expect((await act("/dead-letters/dismiss", { id: "stray/m0" }, browsing)).status).toBe(303);
    expect(await env.TRANSCRIPTS.head("dead-letters/stray/m0")).toBeNull();
  });
});

describe("the settings", () => {
  it("say what is set and what is wrong, never what it is", async () => {
    const given = { DEEPGRAM_API_KEY: "the-deepgram-key", RETENTION_DAYS: "never" };
    const text = await pageOf("/settings", { env: given });
    expect(text).toMatch(/<code>DEEPGRAM_API_KEY<\/code><\/th><td><bdi>Set</);
    expect(text).toMatch(/<code>RESEND_API_KEY<\/code><\/th><td><bdi>Not set</);
    expect(text).toMatch(/<code>RETENTION_DAYS<\/code><\/th><td><bdi>[^<]{10,}</);
    for (const secret of ["the-deepgram-key", "first-password", "admin-token"]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("the API tokens", () => {
  it("are listed, made and shown once, and revoked after a question", async () => {
    const cookie = await signIn();
    const made = await act("/tokens", { name: "laptop", scope: "read" }, { cookie });
    const text = (await made.text()).replaceAll("&#39;", "'");
    expect(text).toContain("Copy this token now. It isn't shown again.");
    const [, token = ""] = /value="(dgr_[A-Za-z0-9_-]{43})"/.exec(text) ?? [];
    const laptop = await signIn(token);
    expect((await visit("/", { cookie: laptop })).status).toBe(200);
    const list = await pageOf("/tokens", { cookie });
    expect(list).not.toContain(token);
    expect(list).toContain("From configuration");
    const asked = await act("/tokens/revoke", { name: "laptop" }, { cookie });
    expect(await asked.text()).toContain("Programs using it stop working.");
    expect((await visit("/", { cookie: laptop })).status).toBe(200);
    await act("/tokens/revoke", { name: "laptop", confirmed: "yes" }, { cookie });
    expect((await visit("/", { cookie: laptop })).status).toBe(303);
  });

  it("say beside the field what is wrong, and keep what was written", async () => {
    const cookie = await signIn();
    const wrong = await act("/tokens", { name: "my laptop", scope: "submit" }, { cookie });
    expect(wrong.status).toBe(422);
    const text = await wrong.text();
    expect(text).toContain('value="my laptop"');
    expect(text).toContain("<title>Error: API tokens");
    expect(text).toMatch(/value="submit" checked/);
    const known = await act("/tokens", { name: "reader", scope: "read" }, { cookie });
    expect(await known.text()).toContain("A token of this name exists.");
    expect(await (await act("/tokens", { name: "x" }, { cookie })).text()).toContain(
      "Select at least one scope.",
    );
    // Two at once are listed too, each with a link to its field.
    const both = await (await act("/tokens", { name: "my laptop" }, { cookie })).text();
    expect(both).toContain("Check these fields");
    for (const id of ["name", "scope-read"]) {
      expect(both).toContain(`<a href="#${id}">`);
      expect(both).toContain(` id="${id}"`);
    }
    expect(text).not.toContain("Check these fields");
  });
});

it("what is for operators is not shown to others, nor done for them", async () => {
  await deliver("not json");
  const cookie = await signIn("read-token");
  const text = await pageOf("/", { cookie });
  for (const name of ["Needs attention", "Settings", "API tokens", "Submit audio"]) {
    expect(text).not.toContain(`>${name}`);
  }
  for (const path of ["/attention", "/settings", "/tokens", "/submit"]) {
    expect((await visit(path, { cookie })).status).toBe(403);
  }
  const body = `/attention/callbacks/${"0".repeat(64)}`;
  for (const path of [
    ...["/dead-letters/redrive", "/dead-letters/dismiss", "/submit"],
    ...[
      `${body}/attach`,
      `${body}/delete`,
      "/tokens",
      "/tokens/revoke",
      "/test-callback",
      "/dead-letters/preview",
    ],
  ]) {
    expect((await act(path, {}, { cookie })).status).toBe(403);
  }
});

it("the page of components is of one's own machine alone", async () => {
  const cookie = await signIn();
  expect((await visit("/components", { cookie })).status).toBe(404);
  const local = new Request("http://127.0.0.1:8787/components", { headers: { cookie } });
  const response = await send(local, { SIGNING_KEYS });
  expect(response.status).toBe(200);
  const text = await response.text();
  for (const word of ["Received", "Overdue", "Uncertain", "Cancelled", "Speaker 7"]) {
    expect(text).toContain(word);
  }
});
