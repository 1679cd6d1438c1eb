import type { RequestId } from "../deepgram/request-id.ts";
import { joinTokens, type Token, tokens } from "../transcript/search/tokens.ts";
import { cleanText } from "../transcript/segments/clean-text.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import type { SegmentSource } from "../transcript/segments/segment-source.ts";
import { speechTimes } from "../transcript/segments/speech-times.ts";
import { MAX_PIECES, NUMBER_SHIFT } from "./search-ids.ts";
import { toSteps } from "./steps.ts";

/** `unlisted`: the catalogue has no such transcript, or no more. */
export type Indexing = "indexed" | "unchanged" | "unlisted";

/** Changes with what `pieces` makes of a segment: what was indexed in another form is so again. */
const FORM = "3";

/** At most three bytes each in UTF-8. A parameter of D1 has at most 2 MB. */
const BATCH_CHARS = 150_000;

type Batch = { count: number; json: string };

// Each is on the condition that the transcript is still there under its number: a deletion takes the
// row away in the transaction in which it removes what is searched.
const LISTED = "request_id = ?1 AND number = ?2 AND transcripts.sha256 = ?3";

const INSERT = `
  INSERT OR REPLACE INTO search (rowid, keys, tags, text, channel, speaker, times)
  SELECT
    (number << ${NUMBER_SHIFT}) + ?4 + piece.key,
    piece.value ->> 'keys',
    (SELECT group_concat(hex(tag.value), ' ') FROM json_each(tags) AS tag),
    piece.value ->> 'text',
    piece.value ->> 'channel',
    piece.value ->> 'speaker',
    piece.value ->> 'times'
  FROM transcripts JOIN json_each(?5) AS piece
  WHERE ${LISTED}`;

const REMOVE_REST = `
  DELETE FROM search WHERE rowid IN (
    SELECT search.rowid FROM transcripts CROSS JOIN search
      ON search.rowid >= (number << ${NUMBER_SHIFT}) + CAST(?4 AS INTEGER)
      AND search.rowid < number + 1 << ${NUMBER_SHIFT}
    WHERE ${LISTED})`;

const FINISH = `UPDATE transcripts SET indexed = ?4 WHERE ${LISTED}`;

/**
 * Makes the segments of a transcript in the catalogue findable, in writes of at most 450 KB. Does not
 * ask for them when the content of this SHA-256 is findable already. May be broken off, repeated, and
 * run several times at once.
 */
export async function indexSegments(
  db: D1Database,
  requestId: RequestId,
  sha256: string,
  segments: SegmentSource,
): Promise<Indexing> {
  const indexed = `${FORM}-${sha256}`;
  const row = await db
    .prepare("SELECT number, indexed FROM transcripts WHERE request_id = ?1 AND sha256 = ?2")
    .bind(requestId, sha256)
    .first<{ number: number; indexed: string | null }>();
  if (row === null) return "unlisted";
  if (row.indexed === indexed) return "unchanged";
  const statement = (sql: string, ...values: unknown[]) =>
    db.prepare(sql).bind(requestId, row.number, sha256, ...values);
  let count = 0;
  let insert: D1PreparedStatement[] = [];
  for await (const batch of batches(segments)) {
    if (insert.length > 0) await db.batch(insert);
    insert = [statement(INSERT, count, batch.json)];
    count += batch.count;
  }
  const ending = [statement(REMOVE_REST, count), statement(FINISH, indexed)];
  const results = await db.batch([...insert, ...ending]);
  return results.at(-1)?.meta.changes === 0 ? "unlisted" : "indexed";
}

/** The pieces as arrays in JSON, without those that are beyond what a transcript has room for. */
async function* batches(segments: SegmentSource): AsyncGenerator<Batch> {
  let all = 0;
  let chars = 0;
  let parts: string[] = [];
  const cut = (): Batch => ({ count: parts.length, json: `[${parts.join(",")}]` });
  for await (const segment of segments) {
    for (const piece of pieces(segment)) {
      if (all === MAX_PIECES) break;
      const json = JSON.stringify(piece);
      if (chars > 0 && chars + json.length > BATCH_CHARS) {
        yield cut();
        chars = 0;
        parts = [];
      }
      parts.push(json);
      chars += json.length;
      all++;
    }
    if (all === MAX_PIECES) break;
  }
  if (parts.length > 0) yield cut();
}

const MAX_PIECE_CHARS = 4_000;

/** What belongs to the character before it. */
const GOES_ON = /[\p{M}\p{Cf}\u{DC00}-\u{DFFF}]/u;

/** What is found as one: a segment, or a part of a very long one. */
type Piece = {
  /** The keys of its tokens with spaces between them, and of its joined tokens where there are such. */
  keys: string;
  /** On one line. */
  text: string;
  channel: number;
  speaker: number | null;
  /** Start and end of every token, as `toSteps` writes them. */
  times: number[];
};

/**
 * A segment as the search over all transcripts keeps it, cut at spaces into pieces of at most 4,000
 * characters (UTF-16 units). Pieces without a letter or number are left out.
 */
export function* pieces(segment: Segment): Generator<Piece> {
  const { channel, speaker } = segment;
  const whole = cleanText(segment.text);
  const timesOf = speechTimes(segment, whole);
  let bareFrom = 0;
  for (const part of parts(whole)) {
    const found = tokens(part);
    const moments = found.flatMap((token) => {
      const from = bareFrom + token.bareFrom;
      const { start, end } = timesOf(from, from + token.to - token.from);
      return [start, end];
    });
    bareFrom += part.replaceAll(" ", "").length;
    if (found.length === 0) continue;
    const keys = keysOf(part, found);
    const text = part.trim().toWellFormed();
    yield { keys, text, channel, speaker, times: toSteps(moments) };
  }
}

/** Of the private use area: a token of its own, which no text has, so that no phrase reaches over it. */
const JOINED_FOLLOW = "\uE000";

/** The keys of a text, and after a mark those joined over apostrophes and the grouping of digits, if any. */
function keysOf(text: string, found: readonly Token[]): string {
  const spelled = found.map(({ key }) => key).join(" ");
  const joined = joinTokens(text, found);
  if (joined.length === found.length) return spelled;
  return `${spelled} ${JOINED_FOLLOW} ${joined.map(({ key }) => key).join(" ")}`;
}

/** Text cut after spaces; where there is none in the second half of a part, before any character. */
function* parts(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > MAX_PIECE_CHARS) {
    const half = from + MAX_PIECE_CHARS / 2;
    const space = text.lastIndexOf(" ", from + MAX_PIECE_CHARS - 1) + 1;
    let to = space > half ? space : from + MAX_PIECE_CHARS;
    while (to > half && GOES_ON.test(text[to]!)) to--;
    yield text.slice(from, to);
    from = to;
  }
  yield text.slice(from);
}
