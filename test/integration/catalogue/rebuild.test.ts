import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { cursorOf } from "../../../src/catalogue/list-query.ts";
import { rebuildPage } from "../../../src/catalogue/rebuild.ts";
import { type RebuildReport, rebuildReport } from "../../../src/catalogue/rebuild-query.ts";
import type { MonthIndex } from "../../../src/catalogue/search/month-index.ts";
import { monthOf } from "../../../src/catalogue/search/months.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { deadlineIn } from "../../../src/lib/timeout.ts";
import { headCallback } from "../../../src/store/callbacks.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { anId, find, indexed, list, said, texts, upsert } from "./said.ts";

const AT_ONCE = deadlineIn(0);

/** Every part to the last, each ending as early as it may. */
async function parts(
  between: (report: RebuildReport) => Promise<unknown> = async () => {},
  replaced: Partial<Env> = {},
  range = "",
): Promise<RebuildReport[]> {
  const reports: RebuildReport[] = [];
  const schema = cursorOf(z.string());
  for (let after: string | null = ""; after !== null; ) {
    const report = await rebuildPage({ ...env, ...replaced }, { after, range }, AT_ONCE);
    reports.push(report);
    after = report.cursor === null ? null : schema.parse(report.cursor);
    await between(report);
  }
  return reports;
}

const delivered = async (options: Parameters<typeof transcript>[0] = {}) => {
  const { id, body } = transcript(options);
  await deliver(body);
  return id;
};

/** Transcripts of the same moment come in the order in which they were catalogued, which may change. */
const byId = <Shown extends { request_id: string }>(shown: Shown[]) =>
  shown.toSorted((a, b) => a.request_id.localeCompare(b.request_id));

const whole = async () => [
  byId((await list()).transcripts),
  byId((await find("fenwick", { limit: "100" })).transcripts),
];

const emptied = async () => {
  for (const table of ["transcripts", "listed", "deletions", "months", "counts"]) {
    await env.CATALOGUE.exec(`DELETE FROM ${table}`);
  }
  await env.SEARCH_INDEX.getByName(monthOf(new Date().toISOString())).drop();
};

describe("POST /v1/catalogue/rebuild", () => {
  it("makes lists and search anew from R2 alone", async () => {
    const ids = [await delivered({ tags: ["a"] }), await delivered({ seed: 2 }), anId()];
    // Facts too large for the metadata are in the body only.
    ids.push(await delivered({ seed: 3, extra: { much: "x".repeat(10_000) }, tags: ["b"] }));
    await deliver(errorBody("category", ids[2]!));
    await consume(ids.map((request_id) => ({ type: "callback", request_id })));
    const before = await whole();
    expect(before[0]).toHaveLength(4);
    expect(before[1]?.length).toBeGreaterThan(0);
    await emptied();
    const response = await asOperator("/v1/catalogue/rebuild", "POST");
    expect(response.status).toBe(200);
    const report = rebuildReport.strict().parse(await response.json());
    expect(report).toEqual({ transcripts: 4, removed: 0, failed: [], cursor: null });
    expect(await whole()).toEqual(before);
  });

  it("continues part by part, at least some callbacks each, and changes nothing when it is repeated", async () => {
    for (let seed = 0; seed < 5; seed++) await delivered({ seed });
    await deliver(errorBody("category", anId()));
    const reports = await parts();
    expect(reports.map(({ transcripts }) => transcripts)).toEqual([4, 2]);
    const [rows, hits] = await whole();
    expect(rows).toHaveLength(6);
    const again = await parts();
    expect(again.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await whole()).toEqual([rows, hits]);
  });

  it("removes the rows that R2 has no callback for, and no others, not for a moment", async () => {
    const kept: string[] = [];
    for (let seed = 0; seed < 3; seed++) kept.push(await delivered({ seed }));
    await consume(kept.map((request_id) => ({ type: "callback", request_id })));
    const gone = [];
    for (let i = 0; i < 5; i++) gone.push(await said(["gone"], { tags: ["gone"] }));
    await env.TRANSCRIPTS.delete(gone.map((id) => `callbacks/${id}`));
    await env.CATALOGUE.prepare(
      "INSERT INTO transcripts (request_id, state, at) VALUES (?1, 'failed', '2026')",
    )
      .bind("00000000-0000-4000-8000-000000000000")
      .run();
    const reports = await parts(async () => {
      const shown = (await list()).transcripts.map(({ request_id }) => request_id);
      expect(shown).toEqual(expect.arrayContaining(kept));
    });
    expect(reports.reduce((sum, { removed }) => sum + removed, 0)).toBe(5);
    expect((await list()).transcripts).toHaveLength(3);
    expect(await indexed("2026-11")).toEqual({ transcripts: 3, rows: 3 });
    const all = await env.CATALOGUE.prepare("SELECT count(*) AS n FROM transcripts").first("n");
    expect(all).toBe(4);
    // What was not in R2 was not deleted: it may come yet.
    await deliver(transcript({ requestId: gone[0]! }).body);
    await consume([{ type: "callback", request_id: gone[0] }]);
    expect((await list()).transcripts).toHaveLength(4);
  });

  it("does not take for gone what comes in while it lists", async () => {
    await delivered();
    const late = transcript();
    const list_ = async (options: R2ListOptions) => {
      const listed = await env.TRANSCRIPTS.list(options);
      await deliver(late.body);
      await consume([{ type: "callback", request_id: late.id }]);
      return listed;
    };
    await parts(undefined, { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { list: list_ }) });
    expect((await list()).transcripts).toHaveLength(2);
  });

  it("goes through more rows and more callbacks than fit into one part", async () => {
    await writeCatalogue(
      env.CATALOGUE,
      Array.from({ length: 150 }, () => upsert()),
    );
    const ask = async (cursor: string | null) => {
      const query = cursor === null ? "" : `?cursor=${cursor}`;
      const response = await asOperator(`/v1/catalogue/rebuild${query}`, "POST");
      return rebuildReport.parse(await response.json());
    };
    const first = await ask(null);
    expect(first).toMatchObject({ removed: 100, cursor: expect.any(String) });
    expect(await ask(first.cursor)).toMatchObject({ removed: 50, cursor: null });
    for (let i = 0; i < 90; i++)
      await writeTombstone(env.TRANSCRIPTS, anId(), new Date().toISOString(), null);
    const second = await ask(null);
    expect(second).toMatchObject({ transcripts: 80, cursor: expect.any(String) });
    expect(await ask(second.cursor)).toMatchObject({ transcripts: 10, cursor: null });
  });

  it("ends a part early when the bodies are large", async () => {
    for (let seed = 0; seed < 6; seed++) await delivered({ seed });
    const large = async (options: R2ListOptions) => {
      const listed = await env.TRANSCRIPTS.list(options);
      const objects = listed.objects.map((object) => faulty(object, { size: 70_000_000 }));
      return { ...listed, objects };
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { list: large });
    const report = await rebuildPage(
      { ...env, TRANSCRIPTS },
      { after: "", range: "" },
      deadlineIn(60_000),
    );
    expect(report).toMatchObject({ transcripts: 4, cursor: expect.any(String) });
  });

  it("erases what was deleted while the catalogue was away", async () => {
    const id = await delivered({ words: 50 });
    await consume([{ type: "callback", request_id: id }]);
    const deleted_at = "2026-11-02T00:00:00.000Z";
    const record = await headCallback(env.TRANSCRIPTS, id as RequestId);
    await writeTombstone(env.TRANSCRIPTS, id as RequestId, deleted_at, record);
    await parts();
    expect((await list()).transcripts).toEqual([]);
    expect((await list({ state: "deleted" })).transcripts).toMatchObject([
      { request_id: id, deleted_at },
    ]);
    expect(await indexed()).toEqual({ transcripts: 0, rows: 0 });
  });

  it("reports objects that cannot be read and continues", async () => {
    const { id } = transcript({ requestId: "a0000000-0000-4000-8000-000000000000" });
    await delivered({ requestId: id });
    await env.TRANSCRIPTS.put("callbacks/00000000-not-a-uuid", "{}");
    await env.TRANSCRIPTS.put("callbacks/00000000-0000-4000-8000-000000000000", "{}", {
      customMetadata: { state: "strange" },
    });
    await writeTombstone(
      env.TRANSCRIPTS,
      id.toUpperCase() as RequestId,
      new Date().toISOString(),
      null,
    );
    const reports = await parts();
    expect(reports.flatMap(({ failed }) => failed).sort()).toEqual([
      "callbacks/00000000-0000-4000-8000-000000000000",
      "callbacks/00000000-not-a-uuid",
      `callbacks/${id.toUpperCase()}`,
    ]);
    expect((await list()).transcripts).toMatchObject([{ request_id: id }]);
  });

  it("takes ranges by themselves, which together are all", async () => {
    const ids = [];
    for (let digit = 0; digit < 16; digit++) {
      const rest = anId().slice(1);
      ids.push(await delivered({ requestId: `${digit.toString(16)}${rest}` }));
    }
    const gone = upsert({ requestId: `3${anId().slice(1)}` as RequestId });
    await writeCatalogue(env.CATALOGUE, [gone]);
    await parts(undefined, {}, "3");
    expect((await list()).transcripts.map(({ request_id }) => request_id)).toEqual([ids[3]]);
    for (const digit of "012456789abcdef") await parts(undefined, {}, digit);
    expect((await list()).transcripts).toHaveLength(16);
    expect((await find("fenwick", { limit: "100" })).transcripts).toHaveLength(16);
    expect((await asOperator("/v1/catalogue/rebuild?range=g", "POST")).status).toBe(400);
  });

  it("with SEARCH=off removes the words that were indexed before", async () => {
    await said(["hello"]);
    await parts(undefined, { SEARCH: "off" });
    expect(await indexed("2026-11")).toEqual({ transcripts: 0, rows: 0 });
    expect((await list()).transcripts).toMatchObject([{ preview: null }]);
    await parts();
    expect(await texts("hello")).toEqual(["hello"]);
  });

  it("is 503 when a store is away, and does not pass over what it could not write", async () => {
    await delivered();
    const headers = { authorization: OPERATOR };
    const ask = (replaced: Partial<Env>) =>
      get("/v1/catalogue/rebuild", { method: "POST", headers, env: replaced });
    const lost = refuses("Network lost");
    const away = { put: lost } as unknown as DurableObjectStub<MonthIndex>;
    const SEARCH_INDEX = faulty(env.SEARCH_INDEX, { getByName: () => away });
    const CATALOGUE = faulty(env.CATALOGUE, { batch: lost, exec: lost });
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { list: refuses("10001") });
    expect((await ask({ CATALOGUE })).status).toBe(503);
    expect((await ask({ TRANSCRIPTS })).status).toBe(503);
    expect((await ask({ SEARCH_INDEX })).status).toBe(503);
  });

  it("is for operators alone, and takes its own cursors alone", async () => {
    expect((await get("/v1/catalogue/rebuild", { method: "POST" })).status).toBe(403);
    expect((await asOperator("/v1/catalogue/rebuild?cursor=%7B", "POST")).status).toBe(400);
  });
});
