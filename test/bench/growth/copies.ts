import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { NUMBER_SHIFT } from "../../../src/catalogue/search-ids.ts";
import type { BenchWorker } from "../worker.ts";

const IDS_A_STATEMENT = 5_000;

const TRANSCRIPTS = `
  INSERT INTO transcripts (request_id, state, at, received_at, bytes, sha256, duration, channels,
    models, languages, tags, error, indexed)
  SELECT value, state, strftime('%Y-%m-%dT%H:%M:%fZ', at, '-' || key || ' seconds'), received_at,
    bytes, sha256, duration, channels, models, languages, tags, error, indexed
  FROM json_each(?1) JOIN transcripts ON request_id = ?2`;

const LISTED = `
  INSERT INTO listed (number, tag, state, at)
  SELECT number, '', state, at FROM transcripts
  WHERE request_id IN (SELECT value FROM json_each(?1))`;

const PASSAGES = `
  INSERT INTO search (rowid, keys, tags, text, channel, speaker, times)
  SELECT copy.number << ${NUMBER_SHIFT}, keys, search.tags, text, channel, speaker, times
  FROM transcripts AS copy
  JOIN transcripts AS original ON original.request_id = ?2
  JOIN search ON search.rowid = original.number << ${NUMBER_SHIFT}
  WHERE copy.request_id IN (SELECT value FROM json_each(?1))`;

const OBJECTS = `
  INSERT INTO _mf_objects
  SELECT 'callbacks/' || value, blob_id, version, size, etag, uploaded, checksums, http_metadata,
    custom_metadata
  FROM json_each(?1) JOIN _mf_objects ON _mf_objects.key = 'callbacks/' || ?2`;

/**
 * Adds copies of a transcript to the catalogue under ids of their own: its rows, and the first passage
 * of its search. Gives the ids.
 */
export async function copyRows(
  { miniflare }: BenchWorker,
  id: string,
  count: number,
): Promise<string[]> {
  const database = await miniflare.getD1Database("CATALOGUE");
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  for (let from = 0; from < count; from += IDS_A_STATEMENT) {
    const some = JSON.stringify(ids.slice(from, from + IDS_A_STATEMENT));
    await database.batch([
      database.prepare(TRANSCRIPTS).bind(some, id),
      database.prepare(LISTED).bind(some),
      database.prepare(PASSAGES).bind(some, id),
    ]);
  }
  return ids;
}

/** Adds the objects to the table of Miniflare's R2 while nothing has it open: they share one body. */
export function copyObjects(folder: string, id: string, ids: string[]): void {
  const r2 = join(folder, "r2");
  const file = readdirSync(r2, { recursive: true, encoding: "utf8" }).find(
    (name) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite"),
  );
  if (file === undefined) throw new Error("R2 has no table");
  const database = new DatabaseSync(join(r2, file));
  const { changes } = database.prepare(OBJECTS).run(JSON.stringify(ids), id);
  database.close();
  if (changes !== ids.length) throw new Error(`${changes} objects were copied`);
}
