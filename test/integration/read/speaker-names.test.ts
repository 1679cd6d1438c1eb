import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deliver, storedText, transcript } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR, READER } from "../../support/get.ts";
import { call, expected, statusOf } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { live } from "../openapi/scenarios/states.ts";

const namesOf = (id: string, headers = {}) =>
  get(`/v1/transcripts/${id}/names`, { headers: { authorization: READER, ...headers } });

const put = (id: string, names: unknown, headers = {}, replaced: Partial<Env> = {}) =>
  get(`/v1/transcripts/${id}/names`, {
    method: "PUT",
    headers: { authorization: OPERATOR, ...headers },
    body: JSON.stringify(names),
    env: replaced,
  });

const tagOf = (response: Response) => response.headers.get("etag") ?? "";

async function stored(): Promise<string> {
  const { id, body } = transcript({ diarize: true, words: 60 });
  await deliver(body);
  return id;
}

describe("the names of speakers", () => {
  it("are none at first, and all replaced by a PUT", async () => {
    const id = await stored();
    const none = await namesOf(id);
    expect([none.status, tagOf(none), await none.json()]).toEqual([200, '"none"', {}]);
    const first = await put(id, { "0:0": " Ana\u202e\n Ruiz ", "0:1": "Lou" });
    expect([first.status, await first.json()]).toEqual([200, { "0:0": "Ana Ruiz", "0:1": "Lou" }]);
    await put(id, { "1:": "Desk" });
    const now = await namesOf(id);
    expect(await now.json()).toEqual({ "1:": "Desk" });
    expect(now.headers.get("cache-control")).toBe("private, no-cache");
    expect((await namesOf(id, { "if-none-match": tagOf(now) })).status).toBe(304);
  });

  it("are replaced with If-Match only as they were read", async () => {
    const id = await stored();
    const none = tagOf(await namesOf(id));
    const first = await put(id, { "0:0": "Ana" }, { "if-match": none });
    expect(first.status).toBe(200);
    const late = await put(id, { "0:0": "Eva" }, { "if-match": none });
    expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([
      412,
      "precondition_failed",
    ]);
    expect((await put(id, { "0:0": "Eva" }, { "if-none-match": "*" })).status).toBe(412);
    expect((await put(id, { "0:0": "Eva" }, { "if-match": tagOf(first) })).status).toBe(200);
    expect(await (await namesOf(id)).json()).toEqual({ "0:0": "Eva" });
  });

  it("that others write between the check and the write are not lost", async () => {
    const id = await stored();
    const none = tagOf(await namesOf(id));
    const put412 = await put(
      id,
      { "0:0": "Late" },
      { "if-match": none },
      {
        TRANSCRIPTS: faulty(env.TRANSCRIPTS, {
          put: async (...written: Parameters<R2Bucket["put"]>) => {
            await put(id, { "0:0": "First" });
            return env.TRANSCRIPTS.put(...written);
          },
        }),
      },
    );
    expect(put412.status).toBe(412);
    expect(await (await namesOf(id)).json()).toEqual({ "0:0": "First" });
  });

  it.each(LANES)("show in every format of speakers, $name", async (lane) => {
    const { id, body } = transcript({ diarize: true, words: 60 });
    await lane.deliver(body);
    await put(id, { "0:0": "Ana" });
    for (const format of ["vtt", "srt", "txt", "md", "html", "csv"]) {
      const [plain, named] = await Promise.all(
        ["", "?names=true"].map(async (query) =>
          (await get(`/v1/transcripts/${id}.${format}${query}`)).text(),
        ),
      );
      expect([plain?.includes("Ana"), named?.includes("Ana")]).toEqual([false, true]);
    }
  });

  it("show in what has been said of a live stream", async () => {
    const id = await live();
    expect((await put(id, { "0:": "Ana" })).status).toBe(200);
    const path = `/v1/transcripts/${id}.txt?partial=true`;
    expect(await (await get(path)).text()).not.toContain("Ana");
    expect(await (await get(`${path}&names=true`)).text()).toContain("Ana");
  });

  it("stay when another body becomes the current one, and go with the transcript", async () => {
    const id = await stored();
    await put(id, { "0:0": "Ana" });
    await deliver(transcript({ requestId: id, seed: 2 }).body);
    const [other] = (await statusOf(id)).conflicts as { sha256: string }[];
    await asOperator(`/v1/transcripts/${id}/versions/${other?.sha256}/promote`, "POST");
    expect((await statusOf(id)).sha256).toBe(other?.sha256);
    expect(await (await namesOf(id)).json()).toEqual({ "0:0": "Ana" });
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect([(await namesOf(id)).status, (await put(id, {})).status]).toEqual([410, 410]);
    expect(await storedText(`beside/${id}/names.json`)).toBeUndefined();
  });

  it("can be given before the callback, but not to a job whose request is not known", async () => {
    const { id, body } = transcript();
    await expected({ request_id: id });
    expect((await put(id, { "0:0": "Ana" })).status).toBe(200);
    const job = await expected({});
    expect((await put(job.request_id, { "0:0": "Ana" })).status).toBe(409);
    await call(body, job);
    const led = await put(job.request_id, { "0:0": "Ana" });
    expect([led.status, led.headers.get("location")]).toEqual([307, `/v1/transcripts/${id}/names`]);
  });

  it.each([
    [{ "0": "a" }, 'The body must have keys such as "0:1", channel and speaker.'],
    [{ "0:0": "\u200b" }, "0:0 is empty."],
    [{ "0:0": "x".repeat(81) }, "0:0 must have at most 80 characters."],
    [{ "0:0": 3 }, "0:0 must be text."],
    [
      Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`0:${n}`, "a"])),
      "The body must have at most 500 names.",
    ],
    [[], "The body must be an object."],
  ])("are refused where one is wrong (%#)", async (names, detail) => {
    const response = await put(await stored(), names);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code: "invalid_body", detail },
    ]);
  });

  it("need the scope submit, and a request that is known", async () => {
    expect((await put(await stored(), {}, { authorization: READER })).status).toBe(403);
    expect((await namesOf(crypto.randomUUID())).status).toBe(404);
    expect((await put(crypto.randomUUID(), {})).status).toBe(404);
  });
});
