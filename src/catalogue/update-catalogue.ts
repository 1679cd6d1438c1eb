import { unknownFields } from "../deepgram/unknown-fields.ts";
import type { CallbackRecord } from "../store/record.ts";
import { segmentsOf } from "../store/segments-of.ts";
import { type CatalogueChange, writeCatalogue } from "./catalogue.ts";
import { type Indexing, indexSegments } from "./index-segments.ts";
import { storeNewFields } from "./signals.ts";

type Stores = Pick<Env, "CATALOGUE" | "TRANSCRIPTS">;

/**
 * Writes the catalogue, then makes findable what was received. Repeating it ends what was broken off,
 * and costs little once all is done.
 */
export async function updateCatalogue(env: Stores, changes: CatalogueChange[]): Promise<void> {
  await writeCatalogue(env.CATALOGUE, changes);
  for (const change of changes) {
    if (change.change === "upsert") await indexTranscript(env, change.record);
  }
}

/**
 * Makes a transcript findable that is in the catalogue. A failure has nothing to find, nor has the
 * transcript whose place it took any more.
 */
export async function indexTranscript(env: Stores, record: CallbackRecord): Promise<Indexing> {
  if (record.state === "failed") {
    if (record.succession === null) return "unchanged";
    return indexSegments(env.CATALOGUE, record.requestId, record.sha256, []);
  }
  let fields: string[] = [];
  const segments = segmentsOf(env.TRANSCRIPTS, record, (body) => {
    fields = unknownFields(body);
  });
  const done = await indexSegments(env.CATALOGUE, record.requestId, record.sha256, segments);
  await storeNewFields(env.CATALOGUE, fields, Date.now());
  return done;
}
