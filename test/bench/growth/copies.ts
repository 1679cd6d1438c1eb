import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRowMaker } from "../../../src/catalogue/search/index-rows.ts";
import { MONTH_SCHEMA, placeOf, startsOf } from "../../../src/catalogue/search/month-schema.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import { listenBody } from "../../support/bodies.ts";
import type { BenchWorker } from "../worker.ts";

export type Copy = { id: string; receivedAt: string; isTagged: boolean };

/** Of so many conversations the copies are made: the index of each has its words in its own order. */
export const CONVERSATIONS = 40;
/** The newest of a month, of which one in forty has the phrase, and a page has twenty. */
const NAMED = 2_000;
const YEAR_MS = 31_536_000_000;
/** Each twentieth has the tag. */
export const TAG = "escalated";
/** The last of a month come in transactions of their own, as callbacks do: FTS5 keeps them in small parts. */
const ONE_BY_ONE = 1_000;

const TRANSCRIPTS = `
  INSERT INTO transcripts (request_id, state, kind, at, received_at, bytes, sha256, duration, channels,
    models, languages, tags, error, title, preview, speakers)
  SELECT ?1, state, kind, ?2, ?2, bytes, sha256, duration, channels, models, languages, tags, error,
    title, preview, speakers
  FROM transcripts WHERE request_id = ?3`;

const LISTED = "INSERT INTO listed (tag, state, at, number) VALUES (?1, 'received', ?2, ?3)";

const MONTHS = "INSERT INTO months (month) VALUES (?1) ON CONFLICT DO NOTHING";

const OBJECTS = `
  INSERT INTO _mf_objects
  SELECT 'callbacks/' || ?1, blob_id, version, size, etag, uploaded, checksums, http_metadata,
    json_set(custom_metadata, '$.received_at', ?3)
  FROM _mf_objects WHERE key = 'callbacks/' || ?2`;

/** Ids of copies that came in the twelve months before now, in the order of their coming, as an index gets them. */
export function copies(count: number, now = Date.now()): Copy[] {
  const times = Float64Array.from({ length: count }, () => now - Math.random() * YEAR_MS).sort();
  return Array.from(times, (time, at) => ({
    id: crypto.randomUUID(),
    receivedAt: new Date(time).toISOString(),
    isTagged: at % 20 === 0,
  }));
}

export type Conversations = {
  /** The words of each as the index has them. */
  rows: string[];
  /** Two words that some of them have one after the other, as the first does. */
  phrase: string;
  /** Two words that all of them have, but none one after the other. */
  unsaid: string;
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
  const common = [...new Set(tokens)].filter((token) => howOften(token) === rows.length);
  const unsaid = common
    .flatMap((a) => common.map((b) => `${a} ${b}`))
    .find((pair) => howOften(pair) === 0);
  if (unsaid === undefined) throw new Error("all pairs of words are said");
  return { rows, phrase: pairs.reduce((a, b) => (howOften(b) < howOften(a) ? b : a)), unsaid };
}

const TAG_KEY = Buffer.from(TAG).toString("hex");

const WRITE = "INSERT INTO words (rowid, keys, tags, starts) VALUES (? * 256, ?, ?, ?)";

/**
 * Adds copies of a transcript to the lists, the words of conversations to the indexes of their months, and
 * the objects to R2, straight into SQLite: the Worker is stopped, and started again by `restart`. Gives how
 * large an index is, and what writing it took.
 */
export async function fill(
  ours: BenchWorker,
  folder: string,
  { id, all }: { id: string; all: readonly Copy[] },
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
  fillLists(folder, id, all);
  // R2's simulator looks through all objects for each list: it has those that a page may name.
  fillBucket(
    folder,
    [id],
    objects.flatMap(({ some }) => some.slice(-NAMED)),
  );
  const starts = rows.map(startsOf);
  const started = performance.now();
  let [bytes, count] = [0, 0];
  for (const { object, some } of objects) {
    const file = join(indexFolder(folder), `${object}.sqlite`);
    const last = Math.max(0, some.length - ONE_BY_ONE);
    const there = open(file, (database) => {
      const known = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'words'").all();
      if (known.length === 0) database.exec(MONTH_SCHEMA);
      const word = database.prepare(WRITE);
      const transcript = database.prepare("INSERT INTO transcripts VALUES (?, ?, ?, ?, 0, 1)");
      database.exec("BEGIN");
      for (const [at, { id, receivedAt, isTagged }] of some.entries()) {
        if (at > last) database.exec("COMMIT; BEGIN");
        const place = BigInt(placeOf(receivedAt, id));
        try {
          transcript.run(place, id, receivedAt, id);
        } catch {
          continue;
        }
        const which = at % rows.length;
        word.run(place, rows[which]!, isTagged ? TAG_KEY : "", starts[which]!);
      }
      database.exec("COMMIT");
      return Number(database.prepare("SELECT count(*) AS n FROM transcripts").get()?.n);
    });
    count += there;
    bytes += statSync(file).size;
  }
  const msEach = (performance.now() - started) / all.length;
  return { ours: await restart(), bytes: bytes / count, msEach };
}

function fillLists(folder: string, id: string, all: readonly Copy[]): void {
  inTransaction(tableFile(join(folder, "d1")), (database) => {
    const transcript = database.prepare(TRANSCRIPTS);
    const listed = database.prepare(LISTED);
    for (const copy of all) {
      const { lastInsertRowid } = transcript.run(copy.id, copy.receivedAt, id);
      listed.run("", copy.receivedAt, lastInsertRowid);
      if (copy.isTagged) listed.run(TAG, copy.receivedAt, lastInsertRowid);
    }
    const month = database.prepare(MONTHS);
    for (const name of new Set(all.map(({ receivedAt }) => receivedAt.slice(0, 7))))
      month.run(name);
  });
}

/** Adds objects that share the bodies of some callbacks, one after the other. The Worker is stopped. */
export function fillBucket(folder: string, ids: readonly string[], all: readonly Copy[]): void {
  inTransaction(tableFile(join(folder, "r2")), (database) => {
    const object = database.prepare(OBJECTS);
    for (const [at, { id, receivedAt }] of all.entries()) {
      object.run(id, ids[at % ids.length]!, receivedAt);
    }
  });
}

function inTransaction(file: string, work: (database: DatabaseSync) => void): void {
  open(file, (database) => {
    database.exec("BEGIN");
    work(database);
    database.exec("COMMIT");
  });
}

function open<Value>(file: string, work: (database: DatabaseSync) => Value): Value {
  const database = new DatabaseSync(file);
  // Nobody needs what a crash leaves of it.
  database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
  const value = work(database);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return value;
}

function tableFile(folder: string): string {
  const isTable = (name: string) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite");
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(isTable);
  if (found === undefined) throw new Error(`${folder} has no table`);
  return join(folder, found);
}

/** The folder of the indexes of the months, each a file. */
export function indexFolder(folder: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(
    (each) => each.includes("MonthIndex") && !each.endsWith(".sqlite"),
  );
  if (found === undefined) throw new Error("there is no index yet");
  return join(folder, found);
}
