import { applyD1Migrations, type D1Migration, listDurableObjectIds, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, vi } from "vitest";

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[];
    }
  }
}

/** The tables of the catalogue. */
const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'd1_migrations'
  AND name NOT GLOB '_cf_*'`;

/** The tables that are there; null before they are made. */
let tables: Promise<string[]> | null = null;
/** Whether tests that run side by side have left what they stored. */
let hasConcurrent = false;
/** Ids stay listed when their objects are deleted. */
let knownObjects = 0;

/** Files that need no storage. */
const UNIT = /^test\/unit\//;

// Files share one Worker and one storage: every test begins with an empty one.
beforeEach(async ({ task }) => {
  if (UNIT.test(task.file.name)) return;
  tables ??= makeTables();
  await tables;
});

afterEach(async ({ task }) => {
  if (UNIT.test(task.file.name)) return;
  // Others that run beside it still need what they have stored.
  if (task.concurrent) hasConcurrent = true;
  else await clean();
});

afterAll(async () => {
  // With a clock that stands still a Durable Object puts its alarm off for ever, at once.
  vi.useRealTimers();
  if (hasConcurrent) await clean();
  hasConcurrent = false;
});

async function clean(): Promise<void> {
  // Alarms of Durable Objects would go off in a later test. Making all of it anew takes 25 ms, emptying
  // it takes 5.
  const objects = (await listDurableObjectIds(env.LIVE)).length;
  const isUsed = objects !== knownObjects;
  knownObjects = objects;
  const isEmptied =
    !isUsed &&
    (await empty().then(
      () => true,
      () => false,
    ));
  if (isEmptied) return;
  await reset();
  tables = null;
}

async function makeTables(): Promise<string[]> {
  await applyD1Migrations(env.CATALOGUE, env.MIGRATIONS);
  const { results } = await env.CATALOGUE.prepare(TABLES).all<{ name: string }>();
  return results.map(({ name }) => name);
}

async function empty(): Promise<void> {
  await Promise.all([emptyCatalogue(), emptyBucket(), emptySettings()]);
}

async function emptyCatalogue(): Promise<void> {
  const months = await env.CATALOGUE.prepare("SELECT month FROM months").all<{ month: string }>();
  await Promise.all(months.results.map(({ month }) => env.SEARCH_INDEX.getByName(month).drop()));
  const deletions = ((await tables) ?? []).map((name) =>
    env.CATALOGUE.prepare(`DELETE FROM ${name}`),
  );
  await env.CATALOGUE.batch(deletions);
}

async function emptyBucket(): Promise<void> {
  for (;;) {
    const { objects, truncated } = await env.TRANSCRIPTS.list();
    if (objects.length > 0) await env.TRANSCRIPTS.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}

async function emptySettings(): Promise<void> {
  const { keys } = await env.SETTINGS.list();
  await Promise.all(keys.map(({ name }) => env.SETTINGS.delete(name)));
}
