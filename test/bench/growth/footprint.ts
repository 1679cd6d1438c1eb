import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRowMaker } from "../../../src/catalogue/search/index-rows.ts";
import { MONTH_SCHEMA, startsOf } from "../../../src/catalogue/search/month-schema.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import { listenBody } from "../../support/bodies.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note, target } from "../print.ts";
import { median } from "../rounds.ts";

type Size = { name: string; words: number; count: number };

const SIZES: Size[] = [
  { name: "200 words", words: 200, count: 1_000 },
  { name: "10 minutes", words: 1_500, count: 500 },
  { name: "1 hour", words: 9_000, count: 200 },
  { name: "95 MB", words: 380_000, count: 8 },
];
const ERASED = 7;
const MAX_ERASE_MS = 5;

const WRITE = `INSERT INTO words (rowid, keys, tags, starts)
  VALUES (CAST(?1 AS INTEGER) * 256 + ?2, ?3, '', ?4)`;

/** As `MonthIndex` removes one. */
const ERASE = `DELETE FROM words
  WHERE rowid >= CAST(?1 AS INTEGER) * 256 AND rowid < (CAST(?1 AS INTEGER) + 1) * 256`;

/** What transcripts of several lengths take in the index of a month, and what erasing one takes. */
export function footprint(): void {
  heading("A transcript in the index of its month");
  const folder = mkdtempSync(join(tmpdir(), "bench-footprint-"));
  try {
    const found = SIZES.map((size) => measure(join(folder, `${size.words}.sqlite`), size));
    markdown(
      ["", ...SIZES.map(({ name }) => name)],
      [
        ["bytes of the callback", ...found.map(({ body }) => body.toLocaleString("en-US"))],
        ["bytes in the index", ...found.map(({ bytes }) => bytes.toLocaleString("en-US"))],
        ["rows of the index", ...found.map(({ rows }) => `${rows}`)],
        ["written to it in", ...found.map(({ written }) => inMs(written))],
        ["erased from it in", ...found.map(({ erased }) => inMs(erased))],
      ],
    );
    note("SQLite of node, each write and each erasure on the disk (synchronous = FULL).");
    target(
      found.every(({ erased }) => erased < MAX_ERASE_MS),
      `erased within ${MAX_ERASE_MS} ms`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(file: string, { words, count }: Size) {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${MONTH_SCHEMA}`);
  const word = database.prepare(WRITE);
  const transcript = database.prepare("INSERT INTO transcripts VALUES (?, ?, ?, ?, 0, ?)");
  const [eraseWords, erase] = [ERASE, "DELETE FROM transcripts WHERE place = ?1"].map((sql) =>
    database.prepare(sql),
  );
  const inTransaction = (work: () => void): number => {
    const started = performance.now();
    database.exec("BEGIN");
    work();
    database.exec("COMMIT");
    return performance.now() - started;
  };
  const bodies = Array.from({ length: Math.min(Math.ceil(count / 5), 40) }, (_, seed) =>
    rowsOf(words, seed),
  );
  const written: number[] = [];
  for (let place = 1; place <= count; place++) {
    const { rows, starts } = bodies[place % bodies.length]!;
    const write = () => {
      for (const [nth, keys] of rows.entries()) word.run(place, nth, keys, starts[nth]!);
      const [id, at] = [crypto.randomUUID(), new Date().toISOString()];
      transcript.run(place, id, at, `5 ${"0".repeat(64)} `, rows.length);
    };
    written.push(inTransaction(write));
  }
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = Math.round(statSync(file).size / count);
  const erased = Array.from({ length: ERASED }, (_, nth) =>
    inTransaction(() => {
      eraseWords?.run(nth + 1);
      erase?.run(nth + 1);
    }),
  );
  database.close();
  const { body, rows } = bodies[0]!;
  return { body, bytes, rows: rows.length + 1, written: median(written), erased: median(erased) };
}

function rowsOf(words: number, seed: number) {
  const body = listenBody({ words, utterances: true, diarize: true, seed });
  const maker = createRowMaker();
  for (const segment of segments(body)) maker.add(segment);
  const rows = maker.rest();
  return { body: JSON.stringify(body).length, rows, starts: rows.map(startsOf) };
}
