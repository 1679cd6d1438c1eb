import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { NEWEST, RANKED } from "../../../src/catalogue/search/month-schema.ts";
import { matchExpressions, terms } from "../../../src/catalogue/search/terms.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note } from "../print.ts";
import { median } from "../rounds.ts";
import type { BenchWorker } from "../worker.ts";
import { indexFolder } from "./copies.ts";

const ASKED_ALONE = 5;

type Search = (ours: BenchWorker, question: string) => Promise<unknown>;

/**
 * What the first query of a month costs after its object was evicted, beside the second one: each month of
 * the last year is asked for one transcript, after a start of workerd. Prints the medians of all months but
 * the newest, whose query compiles the code. Stops the last Worker that it starts.
 */
export async function slept(
  folder: string,
  questions: Record<string, string>,
  search: Search,
  restart: () => Promise<BenchWorker>,
): Promise<void> {
  heading("The first query after a month has slept");
  const rows: string[][] = [];
  for (const [name, question] of Object.entries(questions)) {
    const warm = await firstAndSecond(question, search, restart);
    const isDropped = dropFileCache(folder);
    const cold = await firstAndSecond(question, search, restart);
    const figures = [isDropped ? cold.first : Number.NaN, warm.first, warm.second];
    rows.push([name, ...figures.map((all) => inMs(all))]);
  }
  markdown(["", "first, its file on the disk", "first, its file in memory", "second"], rows);
  note(
    "One transcript of one month; medians of eleven months, each asked after a start of workerd.",
  );
}

/** What the index of the fullest month takes for a page, or to rank the newest 1,000, without the Worker. */
export function alone(folder: string, questions: Record<string, string>): Record<string, number> {
  const files = monthFiles(folder).map((file) => ({ file, bytes: statSync(file).size }));
  const [largest] = files.sort((a, b) => b.bytes - a.bytes);
  const database = new DatabaseSync(largest!.file, { readOnly: true });
  const ask = (sql: string, limit: number, question: string) => {
    const statement = database.prepare(`${sql} LIMIT ${limit}`);
    const expression = matchExpressions(terms(question), undefined).join(" AND ");
    const times = Array.from({ length: ASKED_ALONE }, () => {
      const started = performance.now();
      statement.all(expression, 0, Number.MAX_SAFE_INTEGER);
      return performance.now() - started;
    });
    return median(times);
  };
  const figures = Object.entries(questions).flatMap(([name, question]) => [
    [`index alone, newest 21: ${name}`, ask(NEWEST, 21, question)],
    [`index alone, best of 1,000: ${name}`, ask(RANKED, 1_000, question)],
  ]);
  database.close();
  return Object.fromEntries(figures);
}

const monthFiles = (folder: string): string[] =>
  readdirSync(indexFolder(folder))
    .filter((name) => /^[0-9a-f]+\.sqlite$/.test(name))
    .map((name) => join(indexFolder(folder), name));

async function firstAndSecond(
  question: string,
  search: Search,
  restart: () => Promise<BenchWorker>,
): Promise<{ first: number; second: number }> {
  const ours = await restart();
  const taken: { first: number; second: number }[] = [];
  for (const month of lastMonths(12)) {
    const one = async () => {
      const started = performance.now();
      await search(ours, `q=${encodeURIComponent(question)}&limit=1&${month}`);
      return performance.now() - started;
    };
    taken.push({ first: await one(), second: await one() });
  }
  await ours.stop();
  const rest = taken.slice(1);
  return {
    first: median(rest.map(({ first }) => first)),
    second: median(rest.map(({ second }) => second)),
  };
}

/** Whole months in UTC, the newest first, this one among them: `since=…&until=…`. */
export function lastMonths(count: number, now = new Date()): string[] {
  const first = (ago: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1)).toISOString().slice(0, 10);
  return Array.from({ length: count }, (_, ago) => `since=${first(ago)}&until=${first(ago - 1)}`);
}

/** Has the system read the indexes from the disk again; whether it can. */
function dropFileCache(folder: string): boolean {
  const drop = (file: string) => spawnSync("dd", [`if=${file}`, "iflag=nocache", "count=0"]);
  return monthFiles(folder).every((file) => drop(file).status === 0);
}
