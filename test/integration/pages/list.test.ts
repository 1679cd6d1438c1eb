import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { createExpectation } from "../../../src/store/expectations.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { unzipped } from "../../support/unzipped.ts";
import { act, type Browsing, codeOf, SIGNING_KEYS, signIn, submitForm, visit } from "./browse.ts";

async function listed(tag = "front", title?: string): Promise<string> {
  const extra = title === undefined ? {} : { extra: { title } };
  const { id, body } = transcript({ words: 20, utterances: true, tags: [tag], ...extra });
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  return id;
}

async function pageOf(path = "/", browsing: Browsing = {}): Promise<string> {
  const response = await visit(path, {
    cookie: await signIn("admin-token", browsing.env),
    ...browsing,
  });
  expect(response.status).toBe(200);
  return (await response.text()).replaceAll("&#39;", "'").replaceAll("&quot;", '"');
}

const rowsIn = (text: string) => text.match(/<a class="title"/g)?.length ?? 0;

describe("the list", () => {
  it("counts transcripts by state and lists the latest, by title, state and id", async () => {
    const ids = [await listed("front", "The <call>"), await listed()];
    const text = await pageOf();
    expect(text).toMatch(/<a href="\/\?state=received">Received <span class="dim">2<\/span><\/a>/);
    expect(text).toContain("<bdi>The &lt;call&gt;</bdi>");
    for (const id of ids) {
      expect(text).toContain(`href="/transcripts/${id}"`);
      expect(text).toContain(`data-copy="${id}"`);
    }
    expect(text).toMatch(/<time datetime="[^"]+" title="[-\d]+ [:\d]+ UTC">Just now<\/time>/);
  });

  it("shows the first words of each, its speakers and how its follow-ups are", async () => {
    await listed("front", "The <call>");
    const text = await pageOf();
    const words = /<p class="words"><bdi>([^<]+)<\/bdi>/.exec(text)?.[1] ?? "";
    expect(words.length).toBeGreaterThan(20);
    expect(text).not.toContain("Follow-ups: ");
    const untitled = await listed();
    const follow_ups = JSON.stringify({ a: "at 3", b: "at 2", c: "at 0" });
    await env.CATALOGUE.prepare("UPDATE transcripts SET follow_ups = ?1, speakers = 2")
      .bind(follow_ups)
      .run();
    const later = await pageOf();
    expect(later).toMatch(new RegExp(`href="/transcripts/${untitled}"><bdi>${words.slice(0, 20)}`));
    expect(later).toContain("2 speakers · ");
    expect(later).toMatch(/Follow-ups: <\/span><span class="badge red">.*?1 of 3 failed<\/span>/);
  });

  it("lists by tag and state, and leads on to the older ones", async () => {
    const id = await listed("a <b>");
    for (let i = 0; i < 26; i++) await listed("many");
    const byTag = await pageOf("/?tag=a+%3Cb%3E");
    expect(byTag).toContain(id);
    expect(rowsIn(byTag)).toBe(1);
    expect(byTag).toContain("<bdi>a &lt;b&gt;</bdi>");
    expect(await pageOf("/?state=failed")).toContain("No transcripts match");
    const first = await pageOf("/?tag=many");
    expect(rowsIn(first)).toBe(25);
    const [, older = ""] = /href="([^"]+)">Older<\/a>/.exec(first) ?? [];
    expect(rowsIn(await pageOf(older.replaceAll("&amp;", "&")))).toBe(1);
  });

  it("lists what came on the days asked for, in the reader's time zone, both included", async () => {
    await listed();
    const now = new Date().toISOString();
    // Fourteen hours ahead of UTC, and eleven behind it: of no time is it the same day in both.
    const day = (timeZone: string) => new Intl.DateTimeFormat("sv-SE", { timeZone }).format();
    for (const timeZone of ["Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
      const cookie = `${await signIn()}; tz=${timeZone}`;
      const today = day(timeZone);
      expect(rowsIn(await pageOf(`/?from=${today}&to=${today}`, { cookie }))).toBe(1);
    }
    const cookie = `${await signIn()}; tz=Pacific/Kiritimati`;
    const elsewhere = day("Pacific/Pago_Pago");
    expect(rowsIn(await pageOf(`/?from=${elsewhere}&to=${elsewhere}`, { cookie }))).toBe(0);
    const today = now.slice(0, 10);
    expect(rowsIn(await pageOf(`/?from=${today}&to=${today}`))).toBe(1);
    expect(rowsIn(await pageOf("/?to=2020-01-01"))).toBe(0);
    expect(rowsIn(await pageOf("/?from=nonsense"))).toBe(1);
    expect(await pageOf("/?from=2020-01-01")).toContain('value="2020-01-01"');
  });

  it("says what to do when the catalogue does not answer", async () => {
    const isAway = () => {
      throw new Error("D1 is away");
    };
    const CATALOGUE = faulty(env.CATALOGUE, { prepare: isAway });
    const text = await pageOf("/", { env: { CATALOGUE } });
    expect(text).toContain("The list isn't available. Search a request_id to open it.");
    expect(text).toMatch(/>All <\/a>/);
  });

  it("deletes those selected, after it has asked", async () => {
    const ids = [await listed(), await listed()];
    const kept = await listed();
    const cookie = await signIn();
    const code = await codeOf(cookie);
    const fields = (more: [string, string][] = []): [string, string][] => [
      ["code", code],
      ["do", "delete"],
      ...ids.map((id): [string, string] => ["id", id]),
      ...more,
    ];
    const asked = await (await submitForm("/selected", fields(), { cookie })).text();
    expect(asked).toContain("Delete 2 transcripts?");
    const statusOf = async (id = "") => (await visit(`/transcripts/${id}`, { cookie })).status;
    expect(await statusOf(ids[0])).toBe(200);
    const done = await submitForm("/selected", fields([["confirmed", "yes"]]), { cookie });
    const [path] = [done.headers.get("location") ?? ""];
    expect(await pageOf(path, { cookie })).toContain("2 transcripts deleted.");
    for (const id of ids) expect(await statusOf(id)).toBe(410);
    expect(await statusOf(kept)).toBe(200);
    const none = await act("/selected", { do: "delete" }, { cookie });
    expect(await pageOf(none.headers.get("location") ?? "", { cookie })).toContain(
      "Select at least one transcript.",
    );
    const reader = await signIn("read-token");
    for (const what of ["delete", "retry", "tag"]) {
      const refused = await act("/selected", { do: what, id: kept }, { cookie: reader });
      expect(refused.status).toBe(403);
    }
    const text = await pageOf("/", { cookie: reader });
    expect(text).toContain('value="export"');
    for (const what of ["delete", "retry", "tag"]) expect(text).not.toContain(`value="${what}"`);
  });

  it("says so where the last one was deleted, and none is left to list", async () => {
    const id = await listed();
    const cookie = await signIn();
    const fields: [string, string][] = [
      ["code", await codeOf(cookie)],
      ...Object.entries({ do: "delete", id, confirmed: "yes" }),
    ];
    const done = await submitForm("/selected", fields, { cookie });
    const text = await pageOf(done.headers.get("location") ?? "", { cookie });
    expect(text).toContain("1 transcript deleted.");
    expect(text).toContain("Waiting for the first callback");
  });

  it("shows the list as it was filtered after something was done with it", async () => {
    const id = await listed("front");
    const cookie = await signIn();
    const text = await pageOf("/?tag=front&state=received&length=short", { cookie });
    const [, list = ""] = /name="list" value="([^"]*)"/.exec(text) ?? [];
    const shown = list.replaceAll("&amp;", "&");
    const code = await codeOf(cookie);
    const post = (more: [string, string][]) =>
      submitForm("/selected", [["code", code], ["list", shown], ...more], { cookie });
    const none = await post([["do", "delete"]]);
    const url = new URL(none.headers.get("location") ?? "", "https://edge.test");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ tag: "front", state: "received", length: "short" },
      ...{ done: "none", n: "0" },
    });
    const asked = await (
      await post([
        ["do", "tag"],
        ["id", id],
      ])
    ).text();
    expect(asked).toContain(`name="list" value="${list}"`);
    expect(asked).toContain('href="/?tag=front&amp;length=short&amp;state=received"');
  });

  it("adds a tag to those selected, and keeps the tags they have", async () => {
    const [first, second] = [await listed("front"), await listed("back")];
    const cookie = await signIn();
    const code = await codeOf(cookie);
    const post = (more: [string, string][]) =>
      submitForm(
        "/selected",
        [["code", code], ["do", "tag"], ["id", first], ["id", second], ...more],
        { cookie },
      );
    expect(await (await post([])).text()).toContain("Add a tag to 2 transcripts");
    const confirmed: [string, string] = ["confirmed", "yes"];
    const long = await post([confirmed, ["tag", "x".repeat(129)]]);
    expect(long.status).toBe(422);
    expect(await long.text()).toContain(`value="${"x".repeat(129)}"`);
    const done = await post([confirmed, ["tag", " urgent "]]);
    expect(await pageOf(done.headers.get("location") ?? "", { cookie })).toContain(
      "2 transcripts tagged.",
    );
    // Again it changes nothing.
    expect((await post([confirmed, ["tag", "urgent"]])).headers.get("location")).toBe(
      "/?done=tagged&n=0",
    );
    const tagsOf = async (id: string) => {
      const response = await visit(`/v1/transcripts/${id}/status`, { cookie });
      return ((await response.json()) as { tags: string[] }).tags;
    };
    expect(await tagsOf(first)).toEqual(["front", "urgent"]);
    expect(await tagsOf(second)).toEqual(["back", "urgent"]);
  });

  it("exports those selected as a ZIP archive of bodies and texts", async () => {
    const id = await listed("front", "The call: of Ana");
    const failed = crypto.randomUUID();
    const failure = JSON.stringify({ request_id: failed, err_code: "BAD", err_msg: "No sound." });
    await deliver(failure);
    const unknown = crypto.randomUUID();
    const cookie = await signIn("read-token");
    const fields: [string, string][] = [
      ["code", await codeOf(cookie)],
      ["do", "export"],
      ...[id, failed, unknown].map((each): [string, string] => ["id", each]),
    ];
    const response = await submitForm("/selected", fields, { cookie });
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toMatch(
      /^attachment; filename="transcripts-\d{4}-\d\d-\d\d\.zip"$/,
    );
    const files = unzipped(Uint8Array.from(await response.bytes()));
    const own = async (suffix: string) =>
      (await visit(`/v1/transcripts/${id}.${suffix}`, { cookie })).text();
    expect(Object.fromEntries(files)).toEqual({
      [`The call of Ana ${id}.json`]: await own("json"),
      [`The call of Ana ${id}.txt`]: await own("txt"),
      [`Untitled ${failed}.json`]: failure,
      "Not exported.txt": expect.stringContaining(unknown),
    });
    const none = await act("/selected", { do: "export", id: unknown }, { cookie });
    expect(none.status).toBe(422);
  });

  it("is narrowed to a length of audio, however many others come between", async () => {
    const short = await listed();
    const insert = (count: number, seconds: number, at: string) =>
      env.CATALOGUE.batch([
        env.CATALOGUE.prepare(
          `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
           INSERT INTO transcripts (request_id, state, at, received_at, duration)
           SELECT printf('00000000-0000-4000-8000-%06d%06d', ?2, i), 'received', ?3, ?3, ?2 FROM n`,
        ).bind(count, seconds, at),
        env.CATALOGUE.prepare(
          `INSERT INTO listed (number, tag, state, at) SELECT number, '', state, at FROM transcripts
           WHERE at = ?1`,
        ).bind(at),
      ]);
    await insert(1_200, 61, "2030-01-01T00:00:00.000Z");
    await insert(1, 600, "2029-01-01T00:00:00.000Z");
    const first = await pageOf("/?length=short");
    expect(rowsIn(first)).toBe(0);
    const [, older = ""] = /href="([^"]+)">Older<\/a>/.exec(first) ?? [];
    const second = await pageOf(older.replaceAll("&amp;", "&"));
    expect(second).toContain(short);
    expect(rowsIn(second)).toBe(1);
    expect(rowsIn(await pageOf("/?length=long"))).toBe(0);
    const medium = await pageOf("/?length=medium");
    expect(rowsIn(medium)).toBe(25);
    expect(medium).toContain('<option value="medium" selected="">1–10 min</option>');
    expect(await pageOf("/?length=short&state=deleted")).toContain("No transcripts match");
  });
});

it("the token is shown on one's own machine alone", async () => {
  const shown = async (url: string, env: Partial<Env> = {}) =>
    (await (await send(new Request(url), { SIGNING_KEYS, ...env })).text()).includes("admin-token");
  expect(await shown("http://127.0.0.1:8787/sign-in")).toBe(true);
  expect(await shown("https://edge.test/sign-in")).toBe(false);
  expect(await shown("http://127.0.0.1:8787/sign-in", { ENVIRONMENT: "production" })).toBe(false);
});

describe("an installation without a transcript", () => {
  it("shows the callback URL without its password, and sends a test callback through", async () => {
    const production = {
      ENVIRONMENT: "production",
      API_TOKENS: "a:read+submit+admin:a-real-token-of-16",
    };
    const cookie = await signIn("a-real-token-of-16", production);
    const shown = await pageOf("/", { cookie, env: production });
    expect(shown).toContain('value="https://deepgram:PASSWORD@edge.test/hook"');
    expect(shown).not.toContain("first-password");
    expect(await pageOf()).not.toContain("first-password");
    const own = await signIn();
    const sent = await act("/test-callback", {}, { cookie: own });
    expect(sent.status).toBe(303);
    const text = await pageOf(sent.headers.get("location") ?? "", { cookie: own });
    expect(text).toContain("This is a test callback.");
  });

  it("does so by the secret where there are no credentials", async () => {
    const given = { CALLBACK_CREDENTIALS: "" };
    const cookie = await signIn("admin-token", given);
    const sent = await act("/test-callback", {}, { cookie, env: given });
    const text = await pageOf(sent.headers.get("location") ?? "", { cookie, env: given });
    expect(text).toContain("This is a test callback.");
    expect(text).not.toContain("first-secret");
  });
});

describe("the search in all transcripts", () => {
  const sought = (words: string) => pageOf(`/search?q=${encodeURIComponent(words)}`);

  it("leads to the words, grouped by transcript", async () => {
    const ids = [await listed(), await listed()];
    const file = await visit(`/v1/transcripts/${ids[0]}.txt`, { cookie: await signIn() });
    const word = /[a-z]{5,}/.exec(await file.text())?.[0] ?? "";
    const text = await sought(word);
    expect(text).toContain(`Results for "${word}"`);
    expect(rowsIn(text)).toBe(2);
    for (const id of ids) expect(text).toContain(`href="/transcripts/${id}?q=${word}&amp;t=`);
    expect(text).toMatch(new RegExp(`<mark>${word}</mark>`, "i"));
    const [, path = ""] =
      /<ol class="hits"><li><a class="over" href="([^"#]+)#here"/.exec(text) ?? [];
    const led = await pageOf(path.replaceAll("&amp;", "&"));
    expect(/<section class="turn" id="here".*?<\/section>/s.exec(led)?.[0]).toContain(word);
  });

  it("says what is nowhere, and what cannot be sought", async () => {
    expect(await sought("nowhere-said")).toContain(
      'Nothing found for "nowhere-said". Try fewer words.',
    );
    expect(await sought("<b>!")).not.toContain("<b>!");
    const wrong = await visit("/search?q=%3F!", { cookie: await signIn() });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("The search has no letter or number");
  });

  it("opens a request_id", async () => {
    const id = crypto.randomUUID();
    const response = await visit(`/search?q=+${id.toUpperCase()}+`, { cookie: await signIn() });
    expect(response.headers.get("location")).toBe(`/transcripts/${id}`);
  });
});

describe("submitting audio", () => {
  it("takes only the web address of audio, and keeps what was written", async () => {
    const cookie = await signIn();
    const given = { DEEPGRAM_API_KEY: "a-key-of-deepgram" };
    for (const url of ["", "file:///etc/passwd", "javascript:alert(1)", "call.wav"]) {
      const fields = { url, model: "nova-2", tags: "a, b" };
      const response = await act("/submit", fields, { cookie, env: given });
      expect(response.status).toBe(422);
      const text = await response.text();
      expect(text).toContain('value="nova-2"');
      expect(text).toContain('value="a, b"');
      expect(text).toContain('aria-invalid="true"');
    }
    expect(await pageOf("/submit", { cookie })).toContain(
      "Set DEEPGRAM_API_KEY to submit audio here.",
    );
  });

  it("what Deepgram refused is submitted again with what was given before", async () => {
    const id = crypto.randomUUID() as RequestId;
    const expectedAt = new Date().toISOString();
    const query = "model=nova-2&language=es&tag=a&tag=b&smart_format=true";
    const source = { url: "https://audio.example/call.wav?a=1&b=2", query };
    await createExpectation(
      env.TRANSCRIPTS,
      { requestId: id, state: "expected", expectedAt },
      { source },
    );
    await deliver(JSON.stringify({ request_id: id, err_code: "BAD", err_msg: "No sound." }));
    const page = await pageOf(`/transcripts/${id}`);
    expect(page).toContain(`href="/submit?again=${id}"`);
    expect(page).not.toContain("Submit the file again.");
    const given = { DEEPGRAM_API_KEY: "a-key-of-deepgram" };
    const form = await pageOf(`/submit?again=${id}`, { env: given });
    for (const value of [source.url.replace("&", "&amp;"), "nova-2", "es", "a, b"]) {
      expect(form).toContain(`value="${value}"`);
    }
    expect(await pageOf("/submit?again=nonsense", { env: given })).toContain('value="nova-3"');
    // Who may not submit does not learn where the audio is.
    const reader = await signIn("read-token");
    expect((await visit(`/submit?again=${id}`, { cookie: reader })).status).toBe(403);
    expect(await pageOf(`/transcripts/${id}`, { cookie: reader })).not.toContain("/submit?again");
  });

  it("takes a file only of a page of its own", async () => {
    const cookie = await signIn();
    const code = await codeOf(cookie);
    const upload = (headers: Record<string, string>, given = cookie, env: Partial<Env> = {}) =>
      submitForm("/upload?model=nova-3", {}, { cookie: given, headers, env });
    expect((await upload({})).status).toBe(403);
    expect((await upload({ "action-code": code, "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    );
    expect((await upload({ "action-code": code }, "")).status).toBe(401);
    const reader = await signIn("read-token");
    expect((await upload({ "action-code": await codeOf(reader) }, reader)).status).toBe(403);
    // All is well with it, but for the key of Deepgram's.
    expect((await upload({ "action-code": code })).status).toBe(503);
    // The page was loaded before another key signs.
    const rotated = { SIGNING_KEYS: `another-signing-key-0123456789abcdef ${SIGNING_KEYS}` };
    expect((await upload({ "action-code": code }, cookie, rotated)).status).toBe(503);
  });
});
