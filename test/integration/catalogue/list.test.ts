import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type CatalogueChange, writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { listTranscripts } from "../../../src/catalogue/list.ts";
import { listQuery, type TranscriptList } from "../../../src/catalogue/list-query.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { metered } from "./metered.ts";
import { anId, list, upsert } from "./said.ts";

const DAY = "2026-11-05T";

const at = (time: string) => `${DAY}${time}:00.000Z`;

const write = (...changes: CatalogueChange[]) => writeCatalogue(env.CATALOGUE, changes);

const idsOf = ({ transcripts }: TranscriptList) => transcripts.map(({ request_id }) => request_id);

/** Every page from the first, `between` being done after each. */
async function pages(
  parameters: Record<string, string>,
  between: () => Promise<unknown> = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await list({ ...parameters, ...(cursor && { cursor }) });
    ids.push(...idsOf(page));
    cursor = page.next_cursor;
    await between();
  }
  return ids;
}

describe("GET /v1/transcripts", () => {
  it("shows what the status says, newest first", async () => {
    const { id, body } = transcript({ tags: ["a", "b"], model: "nova-3", detectLanguage: true });
    const failed = anId();
    await deliver(body);
    await deliver(errorBody("category", failed));
    await consume([id, failed].map((request_id) => ({ type: "callback", request_id })));
    const listed = await list();
    expect(idsOf(listed)).toEqual([failed, id]);
    for (const each of listed.transcripts) {
      const { expected_at, deadline_at, preview, speakers, follow_ups, ...shown } = each;
      const response = await get(`/v1/transcripts/${shown.request_id}/status`);
      expect(await response.json()).toMatchObject(shown);
      expect([expected_at, deadline_at]).toEqual([null, null]);
      expect([typeof preview, speakers]).toEqual(
        shown.state === "failed" ? ["object", null] : ["string", null],
      );
    }
    expect(listed.transcripts[1]).toMatchObject({ tags: ["a", "b"], models: ["general-nova-3"] });
    expect(listed.next_cursor).toBeNull();
  });

  it("takes the state, the tag and the time into account, alone and together", async () => {
    const [early, late, failed, other] = [
      upsert({ receivedAt: at("08:00"), tags: ["a", "a"] }),
      upsert({ receivedAt: at("10:00"), tags: ["a", "b"] }),
      upsert({ receivedAt: at("09:00"), tags: ["a"], state: "failed" }),
      upsert({ receivedAt: at("07:00"), tags: ["it's", "100 %", "ü"] }),
    ];
    await write(early, late, failed, other);
    const ids = async (parameters: Record<string, string>) => idsOf(await list(parameters));
    const [a, b, c, d] = [early, late, failed, other].map(({ record }) => record.requestId);
    expect(await ids({})).toEqual([b, c, a, d]);
    expect(await ids({ tag: "a" })).toEqual([b, c, a]);
    expect(await ids({ tag: "a", state: "received" })).toEqual([b, a]);
    expect(await ids({ state: "failed" })).toEqual([c]);
    expect(await ids({ state: "overdue" })).toEqual([]);
    expect(await ids({ since: at("08:00"), until: at("10:00") })).toEqual([c, a]);
    expect(await ids({ since: `${DAY}10:00:00+01:00`, until: "2026-11-06" })).toEqual([b, c]);
    expect(await ids({ tag: "a", state: "received", since: at("08:01") })).toEqual([b]);
    for (const tag of ["it's", "100 %", "ü"]) expect(await ids({ tag })).toEqual([d]);
    for (const tag of ["A", "%", "a,b", '["a"]']) expect(await ids({ tag })).toEqual([]);
  });

  it("shows what was deleted, when that is asked for, the last deletion first", async () => {
    const kept = upsert({ receivedAt: at("07:00") });
    await write(kept);
    const gone: string[] = [];
    for (const minute of ["01", "02", "03", "03", "04"]) {
      const requestId = anId();
      await write({
        change: "erase",
        requestId,
        deletedAt: at(`08:${minute}`),
        firstReceivedAt: null,
      });
      gone.unshift(requestId);
    }
    const ids = async (parameters: Record<string, string>) =>
      idsOf(await list({ state: "deleted", ...parameters }));
    const all = await ids({});
    expect(all.toSorted()).toEqual(gone.toSorted());
    expect([all[0], all[3], all[4]]).toEqual([gone[0], gone[3], gone[4]]);
    expect(await pages({ state: "deleted", limit: "2" })).toEqual(all);
    expect(await pages({ state: "deleted", limit: "1", until: at("08:04") })).toEqual(all.slice(1));
    expect(await ids({ since: at("08:02"), until: at("08:04") })).toEqual(all.slice(1, 4));
    expect(await ids({ tag: "a" })).toEqual([]);
    expect((await list({ state: "deleted" })).transcripts[0]).toMatchObject({
      state: "deleted",
      deleted_at: at("08:04"),
      received_at: null,
      tags: [],
    });
    expect(idsOf(await list())).toEqual([kept.record.requestId]);
  });

  it("reads no more of the deleted ones than it shows", async () => {
    await write(
      ...Array.from(
        { length: 300 },
        () =>
          ({
            change: "erase",
            requestId: anId(),
            deletedAt: at("08:00"),
            firstReceivedAt: null,
          }) as const,
      ),
    );
    const { CATALOGUE, rowsRead } = metered();
    const query = listQuery.parse({ state: "deleted", limit: "5" });
    const { next_cursor } = await listTranscripts(CATALOGUE, query);
    await listTranscripts(CATALOGUE, listQuery.parse({ ...query, cursor: next_cursor }));
    expect(rowsRead()).toBeLessThan(20);
  });

  it("follows a transcript whose row changes", async () => {
    const requestId = anId();
    await write(upsert({ requestId, tags: ["before"], state: "failed" }));
    await write(upsert({ requestId, tags: ["after"] }));
    expect(idsOf(await list({ tag: "after", state: "received" }))).toEqual([requestId]);
    expect(idsOf(await list({ tag: "before" }))).toEqual([]);
    expect(idsOf(await list())).toEqual([requestId]);
  });

  it("neither repeats nor skips a transcript when others come in meanwhile", async () => {
    const times = ["08:00", "09:00", "09:00", "09:00", "09:00", "10:00", "11:00"];
    const changes = times.map((time) => upsert({ receivedAt: at(time), tags: ["a"] }));
    await write(...changes);
    const before = idsOf(await list());
    for (const parameters of [{}, { tag: "a" }, { state: "received" }]) {
      const newcomers = async () =>
        write(...["09:00", "12:00"].map((time) => upsert({ receivedAt: at(time) })));
      const ids = await pages({ ...parameters, until: at("11:30"), limit: "2" }, newcomers);
      expect(ids.filter((id) => before.some((known) => known === id))).toEqual(before);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it("takes a cursor with other filters than it came with", async () => {
    const times = ["08:00", "09:00", "10:00", "11:00"];
    const changes = times.map((time) => upsert({ receivedAt: at(time) }));
    await write(...changes);
    const { next_cursor } = await list({ limit: "1" });
    const earlier = await list({ until: at("09:30"), cursor: next_cursor ?? "" });
    expect(earlier.transcripts.map(({ received_at }) => received_at)).toEqual([
      at("09:00"),
      at("08:00"),
    ]);
  });

  it("keeps its cost whatever there is besides", { timeout: 90_000 }, async () => {
    const ROWS = 20_000;
    const LIMIT = 10;
    // Many at the same moment, so that the time alone does not find the place.
    const changes = Array.from({ length: ROWS }, (_, i) =>
      upsert({
        receivedAt: `2026-11-${10 + Math.floor(i / 4_000)}T00:00:00.000Z`,
        state: i % 2 === 0 ? "received" : "failed",
        tags: i % 3 === 0 ? ["all", "third"] : ["all"],
      }),
    );
    for (let from = 0; from < ROWS; from += 4_000)
      await write(...changes.slice(from, from + 4_000));
    const { CATALOGUE, rowsRead } = metered();
    const ask = async (parameters: Record<string, string>) => {
      const query = new URLSearchParams({ limit: String(LIMIT), ...parameters });
      const response = await get(`/v1/transcripts?${query}`, { env: { CATALOGUE } });
      const page = await response.json<TranscriptList>();
      expect(page.transcripts.length).toBe(LIMIT);
      expect(rowsRead()).toBeLessThanOrEqual(3 * (LIMIT + 1));
      return page.next_cursor ?? "";
    };
    const tags = [{}, { tag: "all" }, { tag: "third" }];
    const states = [{}, { state: "received" }, { state: "failed" }];
    const spans = [{}, { since: "2026-11-10" }, { until: "2026-11-14" }];
    for (const filter of tags.flatMap((tag) => states.map((state) => ({ ...tag, ...state })))) {
      const cursor = await ask({ ...filter, until: "2026-11-12T00:00:00.001Z" });
      for (const span of spans) {
        await ask({ ...filter, ...span });
        await ask({ ...filter, ...span, cursor });
      }
    }
  });

  it.each([
    "state=done",
    "tag=",
    `tag=${"x".repeat(129)}`,
    "since=yesterday",
    "since=2026-02-30",
    "until=2026-11-05T25:00:00Z",
    "limit=0",
    "limit=1001",
    "limit=x",
    "cursor=",
    "cursor=x",
    "cursor=%22",
    `cursor=${btoa('["2026-11-05T00:00:00.000Z","x"]')}`,
    `cursor=${btoa("[1,2]")}`,
  ])("is 400 for %s, naming the parameter", async (query) => {
    const response = await get(`/v1/transcripts?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: expect.stringMatching(`^${query.split("=")[0]} (must|is|has) `),
    });
  });

  it("is 503 while the catalogue is away, and 401 without a token", async () => {
    const CATALOGUE = faulty(env.CATALOGUE, {
      prepare: () => {
        throw new Error("D1_ERROR: Network connection lost");
      },
    });
    const away = await get("/v1/transcripts", { env: { CATALOGUE } });
    expect(away.status).toBe(503);
    expect(away.headers.get("retry-after")).not.toBeNull();
    expect(await away.text()).not.toContain("D1");
    const stranger = await get("/v1/transcripts", { headers: { authorization: "" } });
    expect(stranger.status).toBe(401);
    expect((await get("/v1/transcripts")).headers.get("cache-control")).toBe("no-store");
  });
});

describe("a row", () => {
  it("is written however much the callback says of itself", async () => {
    const tags = Array.from({ length: 100_000 }, (_, i) => `tag ${i}`);
    await write(upsert({ tags, facts: { models: ["\ud800", "\u0000", "x".repeat(3_000_000)] } }));
    const [row] = (await list({ tag: "tag 7" })).transcripts;
    expect(row?.tags[0]).toBe("tag 0");
    expect(row?.tags.length).toBeLessThan(300);
    expect(row?.models).toEqual(["\ufffd", "\u0000"]);
  });

  it("is not written of a request that was erased", async () => {
    const change = upsert({ tags: ["a"] });
    const { requestId } = change.record;
    await write(change);
    await write({ change: "erase", requestId, deletedAt: at("09:00"), firstReceivedAt: null });
    await write(change);
    expect(await list()).toEqual({ transcripts: [], next_cursor: null });
    expect(await list({ tag: "a" })).toEqual({ transcripts: [], next_cursor: null });
  });

  it("is gone when it is erased and written in one go, in either order", async () => {
    const [one, other] = [upsert(), upsert()];
    const erase = ({ record }: typeof one) =>
      ({
        change: "erase",
        requestId: record.requestId,
        deletedAt: at("09:00"),
        firstReceivedAt: null,
      }) as const;
    await write(one, erase(one), erase(other), other);
    expect((await list()).transcripts).toEqual([]);
  });

  it("is written once when it comes twice in one go", async () => {
    const change = upsert();
    await write(change, change);
    expect((await list()).transcripts).toHaveLength(1);
  });

  it("is written with all others of its batch or with none", async () => {
    const broken = upsert({ bytes: "many" as unknown as number });
    await expect(write(upsert(), broken)).rejects.toThrow();
    expect((await list()).transcripts).toEqual([]);
  });
});
