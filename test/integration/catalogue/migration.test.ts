import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { list } from "./said.ts";

const EARLIER = `
  INSERT INTO transcripts VALUES
    ('51712a9a-9c10-4128-8e9d-6741cbff5c7f', 'received', '2026-11-01T00:00:00.000Z', 7, 'abc', 1.5, 2,
     '["m"]', '["en"]', '["a","a"]', NULL),
    ('61712a9a-9c10-4128-8e9d-6741cbff5c7f', 'failed', '2026-11-02T00:00:00.000Z', 8, 'def', NULL, NULL,
     '[]', '[]', '[]', '{"code":"X","message":null,"details":null}')`;

it("carries the rows of the first layout over", async () => {
  const { results } = await env.CATALOGUE.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('transcripts', 'listed', 'deletions', 'signals', 'months', 'counts')",
  ).all<{ name: string }>();
  for (const { name } of results) await env.CATALOGUE.exec(`DROP TABLE ${name}`);
  const [first, ...later] = env.MIGRATIONS;
  await applyD1Migrations(env.CATALOGUE, first ? [first] : [], "from_the_first");
  await env.CATALOGUE.prepare(EARLIER).run();
  await applyD1Migrations(env.CATALOGUE, later, "from_the_first");
  expect((await list()).transcripts).toMatchObject([
    { state: "failed", error: { code: "X" }, duration: null },
    { state: "received", bytes: 7, models: ["m"], tags: ["a", "a"], channels: 2 },
  ]);
  expect((await list({ tag: "a", state: "received" })).transcripts).toHaveLength(1);
});
