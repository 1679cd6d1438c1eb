import { NUMBER_SHIFT } from "../../../src/catalogue/search-ids.ts";
import type { BenchWorker } from "../worker.ts";

const PUTS_AT_ONCE = 64;
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

/**
 * Adds copies of a transcript that is stored and in the catalogue, under ids of their own: objects of
 * two bytes with its metadata, its rows, and the first passage of its search.
 */
export async function addCopies(
  { miniflare }: BenchWorker,
  id: string,
  count: number,
): Promise<void> {
  const bucket = await miniflare.getR2Bucket("TRANSCRIPTS");
  const database = await miniflare.getD1Database("CATALOGUE");
  const customMetadata = (await bucket.head(`callbacks/${id}`))?.customMetadata;
  if (customMetadata === undefined) throw new Error("the original is not there");
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  for (let from = 0; from < count; from += IDS_A_STATEMENT) {
    const some = JSON.stringify(ids.slice(from, from + IDS_A_STATEMENT));
    await database.batch(
      [TRANSCRIPTS, LISTED, PASSAGES].map((sql) =>
        sql === LISTED ? database.prepare(sql).bind(some) : database.prepare(sql).bind(some, id),
      ),
    );
  }
  const lane = async () => {
    for (let one = ids.pop(); one !== undefined; one = ids.pop()) {
      await bucket.put(`callbacks/${one}`, "{}", { customMetadata });
    }
  };
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, lane));
}
