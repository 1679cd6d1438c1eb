import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenBody } from "../../support/bodies.ts";
import type { Callback } from "../bodies.ts";
import { ok, read, readTranscript, stored } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note, target } from "../print.ts";
import { median } from "../rounds.ts";
import { type BenchWorker, consume, READ_TOKEN, startOurs, withBundle } from "../worker.ts";
import { type Conversations, conversations, copies, fill, TAG } from "./copies.ts";
import { footprint } from "./footprint.ts";
import { hits } from "./hits.ts";
import { rebuild } from "./rebuild.ts";
import { alone, lastMonths, slept } from "./slept.ts";

const SIZES = [1_000, 10_000, 100_000];
const FULL_SIZES = [10_000, 100_000];
const WORDS = 200;
/** Of a call of ten minutes. */
const FULL_WORDS = 1_500;
const DEFAULT_ASKED = 20;
const RARE = "zyzzyva";
const ADMIN_TOKEN = "bench-admin-token-0123456789";
const FIRST = "first search after a start, a word in all";
/** At the most, the largest catalogue beside the smallest; of what takes less than MIN_MS more is noise. */
const MAX_GROWTH = 1.5;
const MIN_MS = 20;

type Asked = Record<string, (callback: Callback) => Promise<unknown>>;

/**
 * The same questions to more and more stored transcripts of twelve months; with `--full` up to 1,000,000
 * of ten minutes each, or as many as the next part says. A number before says how many times each is asked.
 */
export async function growth(parts: string[]): Promise<void> {
  if (parts[0] === "rebuild") return rebuild(parts.slice(1));
  if (parts[0] === "footprint") return footprint();
  if (parts[0] === "hits") return hits(parts.slice(1));
  const at = parts.indexOf("--full");
  const asked = Number((at === -1 ? parts : parts.slice(0, at))[0] ?? DEFAULT_ASKED);
  const most = at === -1 ? null : Number(parts[at + 1]);
  const sizes = most === null ? SIZES : [...FULL_SIZES.filter((size) => size < most), most];
  const folder = mkdtempSync(join(tmpdir(), "bench-growth-"));
  try {
    await withBundle((script) =>
      grow(script, folder, asked, { sizes, words: most === null ? WORDS : FULL_WORDS }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Size = { sizes: readonly number[]; words: number };

async function grow(
  script: string,
  folder: string,
  asked: number,
  { sizes, words }: Size,
): Promise<void> {
  heading("Growth");
  const bindings = {
    API_TOKENS: `bench:read:${READ_TOKEN} bench-admin:read+submit+admin:${ADMIN_TOKEN}`,
  };
  const start = (migrate: boolean) => startOurs(script, { persistTo: folder, migrate, bindings });
  let ours = await start(true);
  const next = callbacks(words);
  const first = next();
  for (const callback of [first, rareCallback()]) {
    await stored(ours, callback);
    await consume(ours, callback.id);
  }
  const said = conversations(words);
  const questions = {
    "a word in all": "the",
    "a rare word": RARE,
    "a phrase": `"${said.phrase}"`,
    "a phrase that nobody says": `"${said.unsaid}"`,
  };
  const figures = new Map<string, number[]>();
  const bytes: number[] = [];
  const took: number[] = [];
  let there = 2;
  for (const size of sizes) {
    const all = copies(size - there);
    const filled = await fill(ours, folder, { id: first.id, all }, said, () => start(false));
    ours = filled.ours;
    bytes.push(filled.bytes);
    took.push(filled.msEach);
    note(`${size.toLocaleString("en-US")} transcripts are there.`);
    there = size;
    const add = (name: string, ms: number) => {
      figures.set(name, [...(figures.get(name) ?? []), ms]);
    };
    const started = performance.now();
    await search(ours, "q=the");
    add(FIRST, performance.now() - started);
    for (const [name, ms] of await ask(questionsTo(ours, said), next, asked)) add(name, ms);
    for (const [name, ms] of Object.entries(alone(folder, questions))) add(name, ms);
    for (const [name, all] of figures) note(`${name}: ${inMs(all.at(-1)!)}`);
  }
  await ours.stop();
  const rows = [...figures].map(([name, all]) => ({ name, all, times: all.at(-1)! / all[0]! }));
  markdown(
    ["", ...sizes.map((size) => size.toLocaleString("en-US")), "growth"],
    rows.map(({ name, all, times }) => [name, ...all.map(inMs), times.toFixed(2)]),
  );
  note(`Medians of ${asked}, one by one; ${words} words a transcript, received in twelve months.`);
  note(`Indexes: ${bytes.map((each) => `${each.toFixed(0)} bytes`).join(", ")} a transcript;`);
  note(`filled by SQL in ${took.map((ms) => ms.toFixed(2)).join(", ")} ms a transcript.`);
  note("Filled with copies: in R2 the newest of each month, all with the body of one callback, in");
  note("D1 their rows, in the indexes the words of forty invented calls.");
  target(
    rows.every(({ all, times }) => times <= MAX_GROWTH || all.at(-1)! - all[0]! < MIN_MS),
    `growth ≤ ${MAX_GROWTH}, or less than ${MIN_MS} ms`,
  );
  if (words === FULL_WORDS) await slept(folder, questions, search, () => start(false));
}

const questionsTo = (ours: BenchWorker, { phrase, unsaid }: Conversations): Asked => {
  const find = (q: string, more = "") => search(ours, `q=${encodeURIComponent(q)}${more}`);
  const month = `&${lastMonths(2)[1]}`;
  return {
    "callback, acknowledged": (callback) => stored(ours, callback),
    "callback, in the catalogue and the index": ({ id }) => consume(ours, id),
    "transcript as it came": ({ id }) => ok(readTranscript(ours, id, "")),
    "list, newest 50": () => ok(read(ours, "/v1/transcripts?limit=50")),
    "list of a tag, newest 50": () => ok(read(ours, `/v1/transcripts?limit=50&tag=${TAG}`)),
    "search of a rare word": () => find(RARE),
    "a rare word in one month": () => find(RARE, month),
    "search of a word in all": () => find("the"),
    "the same with a tag": () => find("the", `&tag=${TAG}`),
    "the same in one month": () => find("the", month),
    "search of a phrase": () => find(`"${phrase}"`),
    "a phrase in one month": () => find(`"${phrase}"`, month),
    "search of a phrase that nobody says": () => find(`"${unsaid}"`),
    "search of a prefix": () => find("th*"),
    "the best of a word in all": () => find("the", "&sort=best"),
    // Not of a copy: the body that they share would go with the first.
    deletion: async ({ id }) => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
      const url = new URL(`/v1/transcripts/${id}`, ours.url);
      const { status } = await fetch(url, { method: "DELETE", headers });
      if (status !== 204) throw new Error(`answered ${status}`);
    },
  };
};

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

/** Of months that did not answer in time the answer has the names. */
async function search(ours: BenchWorker, query: string): Promise<void> {
  const headers = { authorization: `Bearer ${READ_TOKEN}` };
  const response = await fetch(new URL(`/v1/search?${query}`, ours.url), { headers });
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
  const { incomplete } = (await response.json()) as { incomplete: string[] };
  if (incomplete.length > 0) note(`${query}: without ${incomplete.join(", ")}`);
}

function callbacks(words: number): () => Callback {
  let seed = 0;
  return () => {
    const id = crypto.randomUUID();
    return toCallback(listenBody({ words, utterances: true, requestId: id, seed: seed++ }), id);
  };
}

/** A callback of a few words in which the rare one is said. */
function rareCallback(): Callback {
  const id = crypto.randomUUID();
  const body = listenBody({ words: 12, utterances: true, requestId: id });
  const word = body.results.channels[0]?.alternatives[0]?.words[0]?.word ?? "";
  return toCallback(JSON.parse(JSON.stringify(body).replaceAll(word, RARE)), id);
}

function toCallback(body: object, id: string): Callback {
  const text = Buffer.from(JSON.stringify(body));
  return { id, parts: [text], bytes: text.length };
}
