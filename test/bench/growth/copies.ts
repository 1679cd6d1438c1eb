import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRowMaker } from "../../../src/catalogue/search/index-rows.ts";
import { MONTH_SCHEMA, placeOf } from "../../../src/catalogue/search/month-schema.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import { listenBody } from "../../support/bodies.ts";
import type { BenchWorker } from "../worker.ts";

export type Copy = { id: string; receivedAt: string };

const IDS_A_STATEMENT = 5_000;
/** Of so many conversations the copies are made: the index of each has its words in its own order. */
const CONVERSATIONS = 40;
const YEAR_MS = 31_536_000_000;
/** Each twentieth has the tag. */
export const TAG = "escalated";

const TRANSCRIPTS = `
  INSERT INTO transcripts (request_id, state, kind, at, received_at, bytes, sha256, duration, channels,
    models, languages, tags, error, title, preview, speakers)
  SELECT value ->> 0, state, kind, value ->> 1, value ->> 1, bytes, sha256, duration, channels, models,
    languages, tags, error, title, preview, speakers
  FROM json_each(?1) JOIN transcripts ON request_id = ?2`;

const LISTED = `
  INSERT INTO listed (number, tag, state, at)
  SELECT number, '', state, at FROM transcripts
  WHERE request_id IN (SELECT value ->> 0 FROM json_each(?1))`;

const MONTHS = `
  INSERT INTO months (month)
  SELECT DISTINCT substr(value ->> 1, 1, 7) FROM json_each(?1)
  WHERE substr(value ->> 1, 1, 7) NOT IN (SELECT month FROM months)`;

const OBJECTS = `
  INSERT INTO _mf_objects
  SELECT 'callbacks/' || value, blob_id, version, size, etag, uploaded, checksums, http_metadata,
    custom_metadata
  FROM json_each(?1) JOIN _mf_objects ON _mf_objects.key = 'callbacks/' || ?2`;

/** Ids of copies that came in the twelve months before now. */
export function copies(count: number, now = Date.now()): Copy[] {
  return Array.from({ length: count }, () => ({
    id: crypto.randomUUID(),
    receivedAt: new Date(now - Math.floor(Math.random() * YEAR_MS)).toISOString(),
  }));
}

/** Adds copies of a transcript to the lists. */
export async function copyRows(
  { miniflare }: BenchWorker,
  id: string,
  all: readonly Copy[],
): Promise<void> {
  const database = await miniflare.getD1Database("CATALOGUE");
  for (let from = 0; from < all.length; from += IDS_A_STATEMENT) {
    const some = all.slice(from, from + IDS_A_STATEMENT);
    const json = JSON.stringify(some.map((copy) => [copy.id, copy.receivedAt]));
    await database.batch([
      database.prepare(TRANSCRIPTS).bind(json, id),
      database.prepare(LISTED).bind(json),
      database.prepare(MONTHS).bind(json),
    ]);
  }
}

type Conversations = {
  /** The words of each as the index has them. */
  rows: string[];
  /** Two words that some of them have one after the other, as the first does. */
  phrase: string;
};

/** Some invented calls. */
export function conversations(words: number): Conversations {
  const rows = Array.from({ length: CONVERSATIONS }, (_, seed) => {
    const maker = createRowMaker();
    const body = listenBody({ words, utterances: true, diarize: true, seed });
    for (const segment of segments(body)) maker.add(segment);
    return maker.rest()[0] ?? "";
  });
  const tokens = rows[0]!.split(" ");
  const pairs = tokens.slice(1, words).map((token, at) => `${tokens[at]} ${token}`);
  const howOften = (pair: string) => rows.filter((row) => ` ${row} `.includes(` ${pair} `)).length;
  return { rows, phrase: pairs.reduce((a, b) => (howOften(b) < howOften(a) ? b : a)) };
}

const WRITE = "INSERT INTO words (rowid, keys, tags) VALUES (? * 256, ?, ?)";

/**
 * Adds the words of copies to the indexes of their months while nothing has them open: the Worker is
 * stopped, and started again by `restart`. Gives how large an index is, and what writing took.
 */
export async function fillMonths(
  ours: BenchWorker,
  folder: string,
  all: readonly Copy[],
  { rows }: Conversations,
  restart: () => Promise<BenchWorker>,
): Promise<{ ours: BenchWorker; bytes: number; msEach: number }> {
  const namespace = await ours.miniflare.getDurableObjectNamespace("SEARCH_INDEX");
  const months = Map.groupBy(all, ({ receivedAt }) => receivedAt.slice(0, 7));
  const objects = [...months].map(([month, some]) => ({
    object: namespace.idFromName(month).toString(),
    some,
  }));
  await ours.stop();
  const directory = objectFolder(folder);
  const started = performance.now();
  let [bytes, count] = [0, 0];
  for (const { object, some } of objects) {
    const file = join(directory, `${object}.sqlite`);
    const database = new DatabaseSync(file);
    const known = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'words'").all();
    if (known.length === 0) database.exec(MONTH_SCHEMA);
    const word = database.prepare(WRITE);
    const transcript = database.prepare("INSERT INTO transcripts VALUES (?, ?, ?, ?, 0, 1)");
    database.exec("BEGIN");
    for (const [at, { id, receivedAt }] of some.entries()) {
      const place = BigInt(placeOf(receivedAt, id));
      try {
        transcript.run(place, id, receivedAt, id);
      } catch {
        continue;
      }
      word.run(
        place,
        rows[at % rows.length]!,
        at % 20 === 0 ? Buffer.from(TAG).toString("hex") : "",
      );
    }
    database.exec("COMMIT");
    count += Number(database.prepare("SELECT count(*) AS n FROM transcripts").get()?.n);
    database.close();
    bytes += statSync(file).size;
  }
  const msEach = (performance.now() - started) / all.length;
  return { ours: await restart(), bytes: bytes / count, msEach };
}

function objectFolder(folder: string): string {
  const of = (name: string) => name.includes("MonthIndex") && !name.endsWith(".sqlite");
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(of);
  if (found === undefined) throw new Error("there is no index yet");
  return join(folder, found);
}

/** Adds the objects to the table of Miniflare's R2 while nothing has it open: they share one body. */
export function copyObjects(folder: string, id: string, all: readonly Copy[]): void {
  const r2 = join(folder, "r2");
  const file = readdirSync(r2, { recursive: true, encoding: "utf8" }).find(
    (name) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite"),
  );
  if (file === undefined) throw new Error("R2 has no table");
  const database = new DatabaseSync(join(r2, file));
  const ids = JSON.stringify(all.map((copy) => copy.id));
  const { changes } = database.prepare(OBJECTS).run(ids, id);
  database.close();
  if (changes !== all.length) throw new Error(`${changes} objects were copied`);
}
