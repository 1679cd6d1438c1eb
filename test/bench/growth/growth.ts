import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenBody } from "../../support/bodies.ts";
import { type Callback, callbacksOf } from "../bodies.ts";
import { read, readTranscript, stored } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note, target } from "../print.ts";
import { median } from "../rounds.ts";
import { type BenchWorker, consume, startOurs, withBundle } from "../worker.ts";
import { copyObjects, copyRows } from "./copies.ts";

const SIZES = [1_000, 10_000, 100_000];
const BYTES = 20_000;
const DEFAULT_ASKED = 60;
const RARE = "zyzzyva";
const IN_ALL = "search of a word in all";
/** At the most, the largest catalogue beside the smallest. */
const MAX_GROWTH = 1.5;

type Asked = Record<string, (callback: Callback) => Promise<unknown>>;

/** The same questions to 1,000, 10,000 and 100,000 stored transcripts; `parts[0]` is how many times. */
export async function growth([asked]: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-growth-"));
  try {
    await withBundle((script) => grow(script, folder, Number(asked ?? DEFAULT_ASKED)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function grow(script: string, folder: string, asked: number): Promise<void> {
  heading("Growth");
  let ours = await startOurs(script, { persistTo: folder });
  const next = callbacksOf(BYTES);
  const first = next();
  for (const callback of [first, rareCallback()]) {
    await stored(ours, callback);
    await consume(ours, callback.id);
  }
  const figures = new Map<string, number[]>();
  let there = 2;
  for (const size of SIZES) {
    const ids = await copyRows(ours, first.id, size - there);
    await ours.stop();
    copyObjects(folder, first.id, ids);
    ours = await startOurs(script, { persistTo: folder, migrate: false });
    there = size;
    for (const [name, ms] of await ask(questionsTo(ours, firstWord(first)), next, asked)) {
      figures.set(name, [...(figures.get(name) ?? []), ms]);
    }
  }
  await ours.stop();
  const rows = [...figures].map(([name, all]) => ({ name, all, times: all.at(-1)! / all[0]! }));
  markdown(
    ["", ...SIZES.map((size) => size.toLocaleString("en-US")), "growth"],
    rows.map(({ name, all, times }) => [name, ...all.map(inMs), times.toFixed(2)]),
  );
  note(
    "Medians, one by one. Filled with copies of one callback by SQL: in the local SQLite of R2 its",
  );
  note("object; in D1 its rows of the list, and the first passage of its search.");
  note("Of a word in all passages the 10,000 newest are ranked: it grows until there are as many.");
  target(
    rows.every(({ name, times }) => name === IN_ALL || times <= MAX_GROWTH),
    `growth ≤ ${MAX_GROWTH}, but for a word in all`,
  );
}

const questionsTo = (ours: BenchWorker, word: string): Asked => ({
  "callback, acknowledged": (callback) => stored(ours, callback),
  "callback, in the catalogue": ({ id }) => consume(ours, id),
  "transcript as it came": ({ id }) => ok(readTranscript(ours, id, "")),
  "list, newest 50": () => ok(read(ours, "/v1/transcripts?limit=50")),
  "search of a rare word": () => ok(read(ours, `/v1/search?q=${RARE}`)),
  [IN_ALL]: () => ok(read(ours, `/v1/search?q=${word}`)),
});

async function ask(questions: Asked, next: () => Callback, times: number) {
  const taken = new Map(Object.keys(questions).map((name) => [name, [] as number[]]));
  // What is compiled on first use is not what is asked here.
  const callback = next();
  for (const question of Object.values(questions)) await question(callback);
  for (let nth = 0; nth < times; nth++) {
    const callback = next();
    for (const [name, question] of Object.entries(questions)) {
      const started = performance.now();
      await question(callback);
      taken.get(name)?.push(performance.now() - started);
    }
  }
  return [...taken].map(([name, all]) => [name, median(all)] as const);
}

async function ok(answering: Promise<{ status: number }>): Promise<void> {
  const { status } = await answering;
  if (status !== 200) throw new Error(`answered ${status}`);
}

/** A callback of a few words in which the rare one is said. */
function rareCallback(): Callback {
  const id = crypto.randomUUID();
  const body = listenBody({ words: 12, utterances: true, requestId: id });
  const word = body.results.channels[0]?.alternatives[0]?.words[0]?.word ?? "";
  const text = Buffer.from(JSON.stringify(body).replaceAll(word, RARE));
  return { id, parts: [text], bytes: text.length };
}

function firstWord({ parts }: Callback): string {
  const word = /"words":\[\{"word":"([^"]+)"/.exec(Buffer.concat(parts).toString())?.[1];
  if (word === undefined) throw new Error("nothing is said");
  return word;
}
