import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { cursorOf } from "../../../src/catalogue/cursor.ts";
import { rebuildPage } from "../../../src/catalogue/rebuild.ts";
import { type RebuildReport, rebuildReport } from "../../../src/catalogue/rebuild-query.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { deadlineIn } from "../../../src/lib/timeout.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { anId, checkIndex, find, list, passages, said, texts, upsert } from "./said.ts";

const AT_ONCE = deadlineIn(0);

/** Every part to the last, each ending as early as it may. */
async function parts(
  between: (report: RebuildReport) => Promise<unknown> = async () => {},
  replaced: Partial<Env> = {},
): Promise<RebuildReport[]> {
  const reports: RebuildReport[] = [];
  const schema = cursorOf(z.string());
  for (let after: string | null = ""; after !== null; ) {
    const report = await rebuildPage({ ...env, ...replaced }, after, AT_ONCE);
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
  byId((await find("fenwick", { limit: "100" })).hits),
];

const emptied = async () => {
  for (const table of ["transcripts", "listed", "deletions", "search"]) {
    await env.CATALOGUE.exec(`DELETE FROM ${table}`);
  }
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
    await checkIndex();
  });

  it("continues part by part, at least one callback each, and repeats nothing that is done", async () => {
    for (let seed = 0; seed < 5; seed++) await delivered({ seed });
    await deliver(errorBody("category", anId()));
    const reports = await parts();
    expect(reports.map(({ transcripts }) => transcripts)).toEqual([1, 1, 1, 1, 1, 1]);
    const [rows, hits] = await whole();
    expect(rows).toHaveLength(6);
    // What was said of a request is small, and read each time.
    const get = (key: string) =>
      key.startsWith("expected/")
        ? env.TRANSCRIPTS.get(key)
        : Promise.reject(new Error(`${key} is read again`));
    const again = await parts(undefined, { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { get }) });
    expect(again.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await whole()).toEqual([rows, hits]);
  });

  it("removes the rows that R2 has no callback for, and no others, not for a moment", async () => {
    const kept: string[] = [];
    for (let seed = 0; seed < 3; seed++) kept.push(await delivered({ seed }));
    await consume(kept.map((request_id) => ({ type: "callback", request_id })));
    const gone = [];
    for (let i = 0; i < 5; i++) gone.push(await said(["gone"], { tags: ["gone"] }));
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
    expect(await texts("gone")).toEqual([]);
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
    for (let seed = 0; seed < 3; seed++) await delivered({ seed });
    const large = async (options: R2ListOptions) => {
      const listed = await env.TRANSCRIPTS.list(options);
      const objects = listed.objects.map((object) => faulty(object, { size: 70_000_000 }));
      return { ...listed, objects };
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { list: large });
    const report = await rebuildPage({ ...env, TRANSCRIPTS }, "", deadlineIn(60_000));
    expect(report).toMatchObject({ transcripts: 1, cursor: expect.any(String) });
  });

  it("erases what was deleted while the catalogue was away", async () => {
    const id = await delivered({ words: 50 });
    await consume([{ type: "callback", request_id: id }]);
    const deleted_at = "2026-11-02T00:00:00.000Z";
    await writeTombstone(env.TRANSCRIPTS, id as RequestId, deleted_at, null);
    await parts();
    expect((await list()).transcripts).toEqual([]);
    expect((await list({ state: "deleted" })).transcripts).toMatchObject([
      { request_id: id, deleted_at },
    ]);
    expect(await passages()).toBe(0);
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

  it("is 503 when a store is away, and does not pass over what it could not write", async () => {
    await delivered();
    const headers = { authorization: OPERATOR };
    const ask = (replaced: Partial<Env>) =>
      get("/v1/catalogue/rebuild", { method: "POST", headers, env: replaced });
    const lost = refuses("D1_ERROR: Network lost");
    const CATALOGUE = faulty(env.CATALOGUE, { batch: lost, exec: lost });
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { list: refuses("10001") });
    expect((await ask({ CATALOGUE })).status).toBe(503);
    expect((await ask({ TRANSCRIPTS })).status).toBe(503);
  });

  it("is for operators alone, and takes its own cursors alone", async () => {
    expect((await get("/v1/catalogue/rebuild", { method: "POST" })).status).toBe(403);
    expect((await asOperator("/v1/catalogue/rebuild?cursor=%7B", "POST")).status).toBe(400);
  });
});
