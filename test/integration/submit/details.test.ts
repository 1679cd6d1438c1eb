import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { consume } from "../../support/consume.ts";
import { deliver, send, storedText, transcript } from "../../support/deliver.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { call, expected, SIGNING_KEYS, statusOf } from "../../support/jobs.ts";
import { providerWorld } from "../../support/providers/world.ts";
import { signIn, visit } from "../pages/browse.ts";

const AUDIO_URL = "https://audio.example/call.wav?key=signed";
const AUDIO_ORIGINS = "https://audio.example";

const DETAILS = { title: "The call with Zoë", tags: ["front", "zwölf"], audio_url: AUDIO_URL };

const callback = (id: string) => ({ type: "callback", request_id: id });

type Listed = { request_id: string; title: string | null; tags: string[]; kind: string | null };

async function listed(id: string, tag: string): Promise<Listed | undefined> {
  const page = await get(`/v1/transcripts?limit=1000&tag=${encodeURIComponent(tag)}`);
  const { transcripts } = await page.json<{ transcripts: Listed[] }>();
  return transcripts.find(({ request_id }) => request_id === id);
}

const register = (body: unknown) =>
  send(
    new Request("https://edge.test/v1/expected", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: JSON.stringify(body),
    }),
    { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" },
  );

describe("the title, tags and audio URL of a registration", () => {
  it("are there from the registration on, and after the callback, which adds its own", async () => {
    const { id, body } = transcript({ tags: ["own"] });
    const its = await expected({ request_id: id, ...DETAILS });
    const before = { title: DETAILS.title, tags: DETAILS.tags, kind: null };
    expect(await statusOf(id)).toMatchObject({ state: "expected", ...before });
    expect(await (await get(`/v1/transcripts/${id}`)).json()).toMatchObject(before);
    expect(await listed(id, "zwölf")).toMatchObject(before);
    expect((await call(body, its)).status).toBe(200);
    await consume([callback(id)]);
    const after = { title: DETAILS.title, tags: ["own", ...DETAILS.tags], kind: "transcript" };
    expect(await statusOf(id)).toMatchObject({ state: "received", ...after });
    expect(await listed(id, "zwölf")).toMatchObject(after);
    expect(await listed(id, "own")).toMatchObject(after);
  });

  it("are found by their tag in the search", async () => {
    const { id, body } = transcript({ words: 20 });
    const tag = crypto.randomUUID();
    await deliver(body, {
      path: `/hook/${(await expected({ request_id: id, tags: [tag] })).name}`,
    });
    await deliver(body);
    await consume([callback(id)]);
    const { results } = JSON.parse(body);
    const [word] = results.channels[0].alternatives[0].transcript.split(" ");
    const found = await get(`/v1/search?q=${word}&tag=${tag}`);
    expect(await found.json()).toMatchObject({ transcripts: [{ request_id: id }] });
  });

  it("outlive a rebuild of the catalogue", async () => {
    const { id, body } = transcript();
    const its = await expected({ request_id: id, ...DETAILS });
    await call(body, its);
    await consume([callback(id)]);
    await env.CATALOGUE.prepare("UPDATE transcripts SET title = NULL, tags = '[]'").run();
    await asOperator("/v1/catalogue/rebuild", "POST");
    expect(await listed(id, "front")).toMatchObject({ title: DETAILS.title });
  });

  it("give way to the title of the callback", async () => {
    const { id, body } = transcript({ extra: { title: "Its own" } });
    const its = await expected({ request_id: id, ...DETAILS });
    await call(body, its);
    expect(await statusOf(id)).toMatchObject({ title: "Its own" });
  });

  it("of a job move to the request that it becomes", async () => {
    const its = await expected(DETAILS);
    expect(await statusOf(its.request_id)).toMatchObject({ title: DETAILS.title });
    const { id, body } = transcript();
    expect((await call(body, its)).status).toBe(200);
    await consume([callback(id)]);
    const moved = { title: DETAILS.title, tags: DETAILS.tags };
    expect(await statusOf(id)).toMatchObject(moved);
    expect(await listed(id, "front")).toMatchObject(moved);
    expect(await storedText(`expected/${its.request_id}`)).not.toContain("audio.example");
  });

  it("of a job give way to those of the request, registered by itself", async () => {
    const its = await expected(DETAILS);
    const { id, body } = transcript();
    await expected({ request_id: id, title: "Its own" });
    await call(body, its);
    expect(await statusOf(id)).toMatchObject({ title: "Its own", tags: [] });
  });

  it("can be said later, by the same token, one by one", async () => {
    const { id } = transcript();
    const first = await expected({ request_id: id, title: "First", tags: ["front"] });
    const again = await expected({ request_id: id, title: "Second" });
    expect(again.callback_url).toBe(first.callback_url);
    const now = { title: "Second", tags: ["front"] };
    expect(await statusOf(id)).toMatchObject(now);
    expect(await listed(id, "front")).toMatchObject(now);
  });

  it("go with the transcript", async () => {
    const { id, body } = transcript();
    await call(body, await expected({ request_id: id, ...DETAILS }));
    await consume([callback(id)]);
    expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
    await consume([callback(id)]);
    expect(await storedText(`expected/${id}`)).toBeUndefined();
    expect(await listed(id, "front")).toBeUndefined();
  });

  it.each([
    [{ title: "" }, "title is empty."],
    [{ title: "x".repeat(201) }, "title must have at most 200 characters."],
    [{ title: 3 }, "title must be text."],
    [{ tags: "front" }, "tags must be a list."],
    [{ tags: ["x".repeat(129)] }, "tags.0 must have at most 128 characters."],
    [{ tags: Array(21).fill("x") }, "tags must have at most 20 entries."],
    [{ audio_url: "ftp://audio.example/x" }, "audio_url is not an http or https URL."],
    [{ audio_url: "javascript:alert(1)" }, "audio_url is not an http or https URL."],
    [{ note: "x" }, 'The body has the unknown member "note".'],
  ])("are refused when they are wrong: %j", async (wrong, detail) => {
    const response = await register(wrong);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_body", detail });
  });
});

describe("what a submission says of itself", () => {
  const submit = async (query: string, url: string, hasLength = true) => {
    const deepgram = providerWorld<object>(inject("usageUrl"));
    const body = JSON.stringify({ url });
    const request = new Request(`https://edge.test/v1/listen?${query}`, {
      method: "POST",
      headers: {
        authorization: OPERATOR,
        "content-type": "application/json",
        ...(hasLength && { "content-length": String(body.length) }),
      },
      body: new Blob([body]).stream(),
    });
    const response = await send(request, {
      DEEPGRAM_URL: deepgram.url,
      DEEPGRAM_API_KEY: "k",
      SIGNING_KEYS,
      PUBLIC_URL: "https://edge.test",
    });
    expect(response.status).toBe(200);
    return (await response.json<{ request_id: string }>()).request_id;
  };

  it("is there before the callback: the title of its extra and its tags", async () => {
    const query = "tag=front&tag=desk&extra=title:A%20call:%20two&extra=customer:42";
    const id = await submit(query, AUDIO_URL);
    const before = { title: "A call: two", tags: ["front", "desk"] };
    expect(await statusOf(id)).toMatchObject({ state: "expected", ...before });
    expect(await listed(id, "desk")).toMatchObject(before);
  });

  it("passes on JSON in chunks whole that is longer than a URL", async () => {
    const deepgram = providerWorld<object>(inject("usageUrl"));
    const body = JSON.stringify({ note: "n".repeat(200_000) });
    const headers = { authorization: OPERATOR, "content-type": "application/json" };
    const streamed = new Blob([body]).stream();
    const url = "https://edge.test/v1/listen";
    await send(new Request(url, { method: "POST", headers, body: streamed }), {
      DEEPGRAM_URL: deepgram.url,
      DEEPGRAM_API_KEY: "k",
      SIGNING_KEYS,
      PUBLIC_URL: "https://edge.test",
    });
    const { requests } = await deepgram.state();
    expect(requests.map((request) => request.body === body)).toEqual([true]);
  });

  it.each([
    ["with a length", true],
    ["in chunks", false],
  ])("plays the audio that was submitted %s, to those signed in alone", async (_, hasLength) => {
    const id = await submit("model=nova-3", AUDIO_URL, hasLength);
    await deliver(transcript({ requestId: id }).body);
    const visiting = { cookie: await signIn(), env: { AUDIO_ORIGINS } };
    expect(await (await visit(`/transcripts/${id}`, visiting)).text()).toContain(
      `src="${AUDIO_URL}"`,
    );
    const shared = await send(
      new Request(`https://edge.test/v1/transcripts/${id}/share`, {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: '{"expires_in":600}',
      }),
      { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" },
    );
    const { pathname } = new URL((await shared.json<{ url: string }>()).url);
    const page = await visit(pathname, { env: { AUDIO_ORIGINS } });
    expect(await page.text()).not.toContain("call.wav");
  });

  it("is left out where it is longer than we keep", async () => {
    const query = `extra=title:${"x".repeat(201)}&tag=${"y".repeat(129)}&tag=kept`;
    const id = await submit(query, AUDIO_URL);
    expect(await statusOf(id)).toMatchObject({ title: null, tags: ["kept"] });
  });
});

describe("the page", () => {
  it("shows the title while the callback is expected, and plays the audio URL once it has", async () => {
    const { id, body } = transcript();
    const its = await expected({ request_id: id, ...DETAILS });
    const cookie = await signIn();
    const pageOf = async () =>
      (await visit(`/transcripts/${id}`, { cookie, env: { AUDIO_ORIGINS } })).text();
    expect(await pageOf()).toContain(DETAILS.title);
    await call(body, its);
    const page = await pageOf();
    expect(page).toContain(`<title>${DETAILS.title} · deepgram-edge-receiver</title>`);
    expect(page).toContain(`src="${AUDIO_URL}"`);
    const elsewhere = await visit(`/transcripts/${id}`, { cookie });
    expect(await elsewhere.text()).not.toContain(`src="${AUDIO_URL}"`);
  });

  it("lists the title", async () => {
    const { id } = transcript();
    await expected({ request_id: id, title: "A <listed> call" });
    expect(await (await visit("/", { cookie: await signIn() })).text()).toContain(
      "A &lt;listed&gt; call",
    );
  });

  it("of a shared transcript plays the audio URL, and of a shared part does not tell it", async () => {
    const { id, body } = transcript({ words: 40 });
    await call(body, await expected({ request_id: id, ...DETAILS }));
    const share = async (asked: object) => {
      const request = new Request(`https://edge.test/v1/transcripts/${id}/share`, {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: JSON.stringify({ expires_in: 600, ...asked }),
      });
      const shared = await send(request, { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" });
      const { url } = await shared.json<{ url: string }>();
      return (await visit(new URL(url).pathname, { env: { AUDIO_ORIGINS } })).text();
    };
    expect(await share({})).toContain(`src="${AUDIO_URL}"`);
    expect(await share({ from: 0, to: 2 })).not.toContain("call.wav");
  });
});
