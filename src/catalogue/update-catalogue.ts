import { unknownFields } from "../deepgram/unknown-fields.ts";
import { keepNewFields } from "../observe/signals.ts";
import type { CallbackRecord } from "../store/record.ts";
import { segmentsOf } from "../store/segments-of.ts";
import { type CatalogueChange, writeCatalogue } from "./catalogue.ts";
import { type Indexing, indexSegments } from "./index-segments.ts";

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

/** Makes a transcript findable that is in the catalogue. A failed one has nothing to find. */
export async function indexTranscript(env: Stores, record: CallbackRecord): Promise<Indexing> {
  if (record.state === "failed") return "unchanged";
  let fields: string[] = [];
  const segments = segmentsOf(env.TRANSCRIPTS, record, (body) => {
    fields = unknownFields(body);
  });
  const done = await indexSegments(env.CATALOGUE, record.requestId, record.sha256, segments);
  await keepNewFields(env.CATALOGUE, fields, Date.now());
  return done;
}
