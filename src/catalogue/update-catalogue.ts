import { configOf } from "../config/config.ts";
import { unknownFields } from "../deepgram/unknown-fields.ts";
import { log, reasonOf } from "../lib/log.ts";
import { tagsIn } from "../store/details.ts";
import { firstReceivedAt } from "../store/record.ts";
import { segmentsOf } from "../store/stored-segments.ts";
import { cutAtWord } from "../transcript/captions/break-units.ts";
import { cleanText } from "../transcript/segments/clean-text.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { storeNewFields } from "./alarm-signals.ts";
import { type CatalogueChange, cutList, type Shown, writeCatalogue } from "./catalogue.ts";
import { createRowMaker, FORM, MAX_ROWS } from "./search/index-rows.ts";
import type { IndexPart } from "./search/month-index.ts";
import { askMonth, monthOf } from "./search/months.ts";
import { tagKeys } from "./search/terms.ts";

type Upsert = Extract<CatalogueChange, { change: "upsert" }>;

/** A transcript whose list row is to say `shown`; `written` is null, or why its words are not indexed. */
type Indexing = { shown: Shown; written: Promise<unknown> };

const MAX_PREVIEW_CHARS = 160;

/** Of a row: longer ones are written before the next transcript is read. */
const MAX_UNAWAITED_CHARS = 1_000_000;

/**
 * Writes the lists, and makes findable what was received. An index that does not answer holds up no
 * list. Repeating it completes what was interrupted. Throws when anything could not be written.
 */
export async function updateCatalogue(env: Env, changes: CatalogueChange[]): Promise<void> {
  const writes: Promise<unknown>[] = [];
  const rows: CatalogueChange[] = [];
  for (const change of changes) {
    if (change.change === "upsert") {
      const { shown, written } = await indexTranscript(env, change);
      writes.push(written);
      rows.push({ ...change, shown });
    } else {
      writes.push(unindex(env, change));
      rows.push(change);
    }
  }
  await writeCatalogue(env.CATALOGUE, rows);
  const failure = (await Promise.all(writes)).find((error) => error !== null);
  if (failure !== undefined) throw failure;
}

/** Removes the words of a transcript. Gives null, or the error. */
function unindex(
  env: Env,
  { requestId, firstReceivedAt: receivedAt }: Exclude<CatalogueChange, Upsert>,
): Promise<unknown> {
  if (receivedAt == null) return Promise.resolve(null);
  const removing = askMonth(env, monthOf(receivedAt), (index) =>
    index.remove({ requestId, receivedAt }),
  );
  return settled(removing);
}

const settled = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

/**
 * Reads a transcript, a large one in parts, and writes its words to the index of its month. Of a failure,
 * which has none, those of the transcript it replaced are removed.
 */
async function indexTranscript(env: Env, change: Upsert): Promise<Indexing> {
  const { record, facts, details } = change;
  const receivedAt = firstReceivedAt(record);
  const isSearched = configOf(env).isSearched;
  const month = isSearched ? monthOf(receivedAt) : null;
  const part: Omit<IndexPart, "first" | "rows" | "isLast"> = {
    requestId: record.requestId,
    receivedAt,
    revision: record.succession?.revision ?? 0,
    tags: tagKeys(cutList(details === undefined ? facts.tags : tagsIn(facts.tags, details))),
    version: "",
  };
  part.version = `${FORM} ${record.sha256} ${part.tags}`;
  const overview = createOverview();
  const rows = createRowMaker();
  let first = 0;
  let failure: unknown = null;
  const put = async (some: string[], isLast: boolean): Promise<void> => {
    const asked = { ...part, first, rows: some.slice(0, MAX_ROWS - first), isLast };
    first += asked.rows.length;
    if (failure !== null || (asked.rows.length === 0 && !isLast)) return;
    failure = await settled(askMonth(env, monthOf(receivedAt), (index) => index.put(asked)));
  };
  if (record.state === "received") {
    let fields: string[] = [];
    const look = (body: unknown) => {
      fields = unknownFields(body);
    };
    for await (const segment of segmentsOf(env.TRANSCRIPTS, record, look, change.body)) {
      overview.add(segment);
      if (!isSearched) continue;
      rows.add(segment);
      const full = rows.full();
      if (full.length > 0) await put(full, false);
    }
    await storeNewFields(env.CATALOGUE, fields, Date.now());
  }
  const shown = { ...overview.shown(), month };
  if (!isSearched) return { shown: { ...shown, preview: null }, written: Promise.resolve(null) };
  const rest = rows.rest();
  // The first body of a request that failed has nothing to remove.
  if (record.state === "failed" && record.succession === null) {
    return { shown: { ...shown, month: null }, written: Promise.resolve(null) };
  }
  const writing = put(rest, true).then(() => {
    if (failure !== null) log("warn", "index.unavailable", { month, reason: reasonOf(failure) });
    return failure;
  });
  if (rest.some((row) => row.length > MAX_UNAWAITED_CHARS)) await writing;
  return { shown, written: writing };
}

const isPreview = (start: string): boolean => start.length <= MAX_PREVIEW_CHARS;

/** Collects what the list shows of a transcript's segments. */
function createOverview() {
  const seen = new Set<string>();
  let isDiarized = false;
  let text = "";
  return {
    add({ channel, speaker, text: said }: Segment): void {
      seen.add(`${channel} ${speaker}`);
      isDiarized ||= speaker !== null;
      if (text.length > MAX_PREVIEW_CHARS) return;
      text = cleanText(`${text} ${said.slice(0, 2 * MAX_PREVIEW_CHARS)}`);
    },
    shown: (): Pick<Shown, "preview" | "speakers"> => ({
      preview: text === "" ? null : cutAtWord(text.toWellFormed(), isPreview),
      speakers: isDiarized || seen.size > 1 ? seen.size : null,
    }),
  };
}
