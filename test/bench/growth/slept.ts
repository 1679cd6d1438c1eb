import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { markdown } from "../markdown.ts";
import { heading, inMs, note } from "../print.ts";
import { median } from "../rounds.ts";
import type { BenchWorker } from "../worker.ts";
import { indexFolder } from "./copies.ts";

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
  const indexes = indexFolder(folder);
  return readdirSync(indexes).every((name) => {
    const drop = [`if=${join(indexes, name)}`, "iflag=nocache", "count=0"];
    return spawnSync("dd", drop).status === 0;
  });
}
