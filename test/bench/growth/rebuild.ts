import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { listenBody } from "../../support/bodies.ts";
import { stored } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, must, note, target } from "../print.ts";
import { cpuMs } from "../processes.ts";
import { type BenchWorker, ROOT, startOurs, withBundle } from "../worker.ts";
import { CONVERSATIONS, copies, fillBucket, indexFolder } from "./copies.ts";

const WORDS = 1_500;
const DEFAULT_COUNT = 20_000;
const ADMIN_TOKEN = "bench-admin-token-0123456789";
const ON_PAPER = 250_000;
const ON_PAPER_MINUTES = 60;

/**
 * `npm run rebuild-catalogue` of ten-minute transcripts that R2 alone has, 20,000 or as many as the first
 * part says: interrupted in the middle, and continued with the ranges that it names.
 */
export async function rebuild([count]: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-rebuild-"));
  try {
    await withBundle((script) => measure(script, folder, Number(count ?? DEFAULT_COUNT)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(script: string, folder: string, count: number): Promise<void> {
  heading("Rebuild");
  const bindings = { API_TOKENS: `bench:read+admin:${ADMIN_TOKEN}` };
  let ours = await startOurs(script, { persistTo: folder, migrate: true, bindings });
  const ids = Array.from({ length: CONVERSATIONS }, () => crypto.randomUUID());
  for (const [seed, id] of ids.entries()) {
    const body = listenBody({
      words: WORDS,
      utterances: true,
      diarize: true,
      requestId: id,
      seed,
    });
    const text = Buffer.from(JSON.stringify(body));
    await stored(ours, { id, parts: [text], bytes: text.length });
  }
  await ours.stop();
  fillBucket(folder, ids, copies(count - ids.length));
  ours = await startOurs(script, { persistTo: folder, migrate: false, bindings });
  const first = await run(ours, ["--at-once", "4"], count / 2);
  if (first.left === undefined) throw new Error("too few to be interrupted in the middle");
  const rest = await run(ours, ["--at-once", "8", "--ranges", first.left], Infinity);
  const database = await ours.miniflare.getD1Database("CATALOGUE");
  const listed = await database.prepare("SELECT count(*) AS n FROM listed").first<number>("n");
  await ours.stop();
  const rate = (one: Run) => one.transcripts / one.seconds;
  const row = (name: string, one: Run) => [
    name,
    one.transcripts.toLocaleString("en-US"),
    `${one.seconds.toFixed(0)} s`,
    rate(one).toFixed(0),
    inMs(one.cpuMs / one.transcripts),
    `${(ON_PAPER / rate(one) / 60).toFixed(0)} min`,
  ];
  markdown(
    [
      "",
      "read",
      "in",
      "a second",
      "CPU of workerd each",
      `${ON_PAPER.toLocaleString("en-US")} would take`,
    ],
    [
      row("four ranges at once, until it was interrupted", first),
      row(`eight at once, the ranges that were left (${first.left})`, rest),
    ],
  );
  note(
    `${WORDS} words each; the objects share ${CONVERSATIONS} bodies. One process for all isolates.`,
  );
  must(listed === count && countIndexed(folder) === count, `${count} are listed, and indexed`);
  target(
    ON_PAPER / rate(rest) / 60 <= ON_PAPER_MINUTES,
    `${ON_PAPER} in ${ON_PAPER_MINUTES} minutes`,
  );
}

type Run = { transcripts: number; seconds: number; cpuMs: number; left: string | undefined };

/** Runs the command, and interrupts it once it has read so many. */
async function run({ url, pid }: BenchWorker, flags: string[], most: number): Promise<Run> {
  const command = [join(ROOT, "src/commands/rebuild-catalogue.ts"), "--url", url.href, ...flags];
  const env = { ...process.env, ADMIN_TOKEN };
  const [before, started] = [cpuMs(pid), performance.now()];
  const running = spawn(process.execPath, command, { env });
  const errors = running.stderr.toArray();
  let transcripts = 0;
  for await (const line of createInterface(running.stdout)) {
    transcripts = Number.parseInt(line, 10);
    if (transcripts >= most) running.kill("SIGINT");
  }
  const seconds = (performance.now() - started) / 1_000;
  const said = Buffer.concat(await errors).toString();
  const left = /continue with --ranges (\w+)/.exec(said)?.[1];
  if (left === undefined && said !== "") throw new Error(said);
  return { transcripts, seconds, cpuMs: cpuMs(pid) - before, left };
}

function countIndexed(folder: string): number {
  const indexes = indexFolder(folder);
  const files = readdirSync(indexes).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name));
  return files.reduce((sum, name) => {
    const database = new DatabaseSync(join(indexes, name));
    const { n } = database.prepare("SELECT count(*) AS n FROM transcripts").get() ?? {};
    database.close();
    return sum + Number(n);
  }, 0);
}
