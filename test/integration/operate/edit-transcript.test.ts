import { describe, expect, it } from "vitest";
import { attachment } from "../../../src/read/download.ts";
import { consume } from "../../support/consume.ts";
import { deliver, storedText, transcript } from "../../support/deliver.ts";
import { asOperator, get, OPERATOR, READER } from "../../support/get.ts";
import { call, expected, statusOf } from "../../support/jobs.ts";
import { signIn, visit } from "../pages/browse.ts";

const callback = (id: string) => ({ type: "callback", request_id: id });

const patch = (id: string, change: unknown, authorization = OPERATOR) =>
  get(`/v1/transcripts/${id}`, {
    method: "PATCH",
    headers: { authorization },
    body: JSON.stringify(change),
  });

/** With the answer's own words. */
async function patched(id: string, change: unknown): Promise<Record<string, unknown>> {
  const response = await patch(id, change);
  expect(response.status).toBe(200);
  const status = await response.json<Record<string, unknown>>();
  await consume([callback(id)]);
  return status;
}

async function listed(id: string, tag = ""): Promise<Record<string, unknown> | undefined> {
  const filter = tag === "" ? "" : `&tag=${encodeURIComponent(tag)}`;
  const page = await get(`/v1/transcripts?limit=1000${filter}`);
  const { transcripts } = await page.json<{ transcripts: Record<string, unknown>[] }>();
  return transcripts.find(({ request_id }) => request_id === id);
}

const isFound = async (id: string, word: string, tag: string): Promise<boolean> =>
  (await (await get(`/v1/search?limit=100&q=${word}&tag=${tag}`)).text()).includes(id);

async function stored(options: Parameters<typeof transcript>[0] = {}) {
  const { id, body } = transcript(options);
  await deliver(body);
  await consume([callback(id)]);
  return { id, body };
}

describe("a title and tags that a person gives", () => {
  it("take the place of the callback's in status, lists and search; its bytes stay", async () => {
    const [own, given] = [crypto.randomUUID(), crypto.randomUUID()];
    const { id, body } = await stored({ extra: { title: "Its own" }, tags: [own], words: 20 });
    const { results } = JSON.parse(body);
    const [word] = results.channels[0].alternatives[0].transcript.split(" ");
    expect(await isFound(id, word, own)).toBe(true);
    const change = { title: "Ours", tags: [given, given] };
    expect(await patched(id, change)).toMatchObject({ title: "Ours", tags: [given] });
    expect(await statusOf(id)).toMatchObject({ state: "received", title: "Ours", tags: [given] });
    expect(await listed(id, given)).toMatchObject({ title: "Ours", tags: [given] });
    expect(await listed(id, own)).toBeUndefined();
    expect([await isFound(id, word, own), await isFound(id, word, given)]).toEqual([false, true]);
    expect((await (await get(`/v1/transcripts/${id}`)).text()) === body).toBe(true);
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });

  it("are those of the request again by null; an empty list leaves no tags", async () => {
    const { id } = await stored({ extra: { title: "Its own" }, tags: ["own"] });
    await patched(id, { title: "Ours", tags: [] });
    expect(await statusOf(id)).toMatchObject({ title: "Ours", tags: [] });
    await patched(id, { title: null });
    expect(await statusOf(id)).toMatchObject({ title: "Its own", tags: [] });
    await patched(id, { tags: null });
    expect(await statusOf(id)).toMatchObject({ title: "Its own", tags: ["own"] });
    expect(await listed(id, "own")).toMatchObject({ title: "Its own" });
  });

  it("are in the list before the callback comes, and stay when it has", async () => {
    const { id, body } = transcript({ extra: { title: "Its own" }, tags: ["own"] });
    const its = await expected({ request_id: id, title: "First", tags: ["first"] });
    await patch(id, { title: "Ours" });
    const before = { state: "expected", title: "Ours", tags: ["first"] };
    expect(await statusOf(id)).toMatchObject(before);
    expect(await listed(id, "first")).toMatchObject(before);
    await call(body, its);
    await consume([callback(id)]);
    expect(await listed(id, "own")).toMatchObject({ title: "Ours", tags: ["own", "first"] });
    await patch(id, { title: null });
    expect(await statusOf(id)).toMatchObject({ title: "Its own" });
  });

  it("can be taken from an expected request again", async () => {
    const { id } = transcript();
    await expected({ request_id: id });
    await patch(id, { title: "Ours" });
    expect(await listed(id)).toMatchObject({ title: "Ours" });
    await patch(id, { title: null });
    expect(await listed(id)).toMatchObject({ title: null });
  });

  it("of a job move to the request that it becomes, also beside its own", async () => {
    const its = await expected({ title: "First" });
    await patch(its.request_id, { title: "Ours" });
    const { id, body } = transcript();
    await expected({ request_id: id, title: "Its own" });
    await call(body, its);
    expect(await statusOf(id)).toMatchObject({ title: "Ours" });
    expect((await patch(its.request_id, { title: "Late" })).status).toBe(307);
  });

  it("stay when another body becomes the current one, and when the catalogue is rebuilt", async () => {
    const { id } = await stored({ extra: { title: "Its own" } });
    await patched(id, { title: "Ours", tags: ["front"] });
    await deliver(transcript({ requestId: id, seed: 2 }).body);
    const [other] = (await statusOf(id)).conflicts as { sha256: string }[];
    await asOperator(`/v1/transcripts/${id}/versions/${other?.sha256}/promote`, "POST");
    await consume([callback(id)]);
    const ours = { sha256: other?.sha256, title: "Ours", tags: ["front"] };
    expect(await statusOf(id)).toMatchObject(ours);
    let cursor: string | null = "";
    while (cursor !== null) {
      const path: string = `/v1/catalogue/rebuild${cursor && `?cursor=${cursor}`}`;
      ({ cursor } = await (await asOperator(path, "POST")).json<{ cursor: string | null }>());
    }
    expect(await listed(id, "front")).toMatchObject(ours);
  });

  it("go with the transcript", async () => {
    const { id } = await stored();
    await patched(id, { title: "Ours" });
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await storedText(`expected/${id}`)).toBeUndefined();
    expect((await patch(id, { title: "Late" })).status).toBe(410);
    expect(await storedText(`expected/${id}`)).toBeUndefined();
  });

  it("given at the same time all count", async () => {
    const { id } = await stored();
    const changes = [{ title: "Ours" }, { tags: ["front"] }];
    const answers = await Promise.all(changes.map((change) => patch(id, change)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await statusOf(id)).toMatchObject({ title: "Ours", tags: ["front"] });
  });

  it("tell nobody that the request was submitted", async () => {
    const { id } = await stored();
    await patched(id, { title: "Ours" });
    const timeline = await (await get(`/v1/transcripts/${id}/timeline`)).json();
    expect(timeline).toMatchObject({ events: [{ event: "received" }] });
  });

  it("are on the page, and in the names of downloads", async () => {
    const { id } = await stored();
    await patched(id, { title: 'Zoë: "A/B" 100%' });
    const cookie = await signIn("read-token");
    const page = await (await visit(`/transcripts/${id}`, { cookie })).text();
    expect(page).toContain("<title>Zoë: &quot;A/B&quot; 100%");
    const file = await get(`/v1/transcripts/${id}.vtt?download`);
    expect(file.headers.get("content-disposition")).toBe(
      `attachment; filename="Zo_ A B 100_.vtt"; filename*=UTF-8''Zo%C3%AB%20A%20B%20100%25.vtt`,
    );
  });

  it.each([
    [{}, "The body has no title or tags."],
    [{ title: "" }, "title is empty."],
    [{ title: "x".repeat(201) }, "title must have at most 200 characters."],
    [{ tags: ["x".repeat(129)] }, "tags.0 must have at most 128 characters."],
    [{ tags: Array.from({ length: 21 }, String) }, "tags must have at most 20 entries."],
    [{ audio_url: "https://a.example" }, 'The body has the unknown member "audio_url".'],
  ])("are refused as %j", async (change, detail) => {
    const { id } = await stored();
    const response = await patch(id, change);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_body", detail });
  });

  it("need the scope submit, and a request that is known", async () => {
    const { id } = await stored();
    expect((await patch(id, { title: "a" }, READER)).status).toBe(403);
    expect((await patch(crypto.randomUUID(), { title: "a" })).status).toBe(404);
  });
});

describe("the name of a download", () => {
  it.each([
    [null, 'attachment; filename="id.vtt"'],
    ["../..\\a", 'attachment; filename="a.vtt"'],
    [" . ", 'attachment; filename="id.vtt"'],
    ["\u202egpj.\u0000x", 'attachment; filename="gpj. x.vtt"'],
    ["x".repeat(300), `attachment; filename="${"x".repeat(100)}.vtt"`],
    ["\ud800a", "attachment; filename=\"_a.vtt\"; filename*=UTF-8''%EF%BF%BDa.vtt"],
  ])("of the title %j is safe", (title, header) => {
    expect(attachment(title, "id", ".vtt")).toBe(header);
  });
});
