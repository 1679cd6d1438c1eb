import * as z from "zod";
import { deepgramErrorShape, KINDS } from "../deepgram/callback.ts";
import { parseJson } from "../lib/bytes.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import { STATES } from "../store/request-states.ts";

const MAX_TAG_CHARS = 128;

/** An ISO 8601 date, that is its midnight in UTC, or date-time, as ISO 8601 in UTC with milliseconds. */
const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], "must be an ISO 8601 date or date-time")
  .transform((text) => new Date(text).toISOString());

/** The parameters that lists and search have in common. */
export const filters = {
  tag: z.string().min(1).max(MAX_TAG_CHARS).optional(),
  /** Included. */
  since: moment.optional(),
  /** Not included. */
  until: moment.optional(),
};

/** The parameter `limit` of a page. */
export const limit = (most: number, standard: number) =>
  z.coerce.number().int().min(1).max(most).default(standard);

/** Where a page ends, as text that clients hand back unread. */
export const encodeCursor = (position: unknown): string =>
  new TextEncoder()
    .encode(JSON.stringify(position))
    .toBase64({ alphabet: "base64url", omitPadding: true });

/** The first `limit` of at most one row more, and where they end if there is one. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (last: Row) => unknown,
): { page: Row[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, next_cursor: last === undefined ? null : encodeCursor(positionOf(last)) };
}

/** The parameter that `encodeCursor` wrote, and what it stands for. */
export const cursorOf = <Position>(position: z.ZodType<Position>) =>
  z.string().transform((text, context): Position => {
    const decoded = position.safeParse(decode(text));
    if (decoded.success) return decoded.data;
    context.addIssue("is not a cursor that a page ended with");
    return z.NEVER;
  });

function decode(text: string): unknown {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return parseJson(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The sort time and the number, of a deleted one the id, of the last transcript on a page. */
const position = z.tuple([z.iso.datetime(), z.union([z.int().nonnegative(), z.guid()])]);

/** The parameters of `GET /v1/transcripts`. */
export const listQuery = z.object({
  ...filters,
  state: z.enum(STATES).optional(),
  limit: limit(1_000, 100),
  cursor: cursorOf(position).optional(),
});

export type ListQuery = z.infer<typeof listQuery>;

/** A transcript in a list. What is not known yet is null; times are ISO 8601 in UTC. */
export const listedTranscript = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      request_id: z.guid(),
      state: z.enum(STATES),
      /** `text` is a result of `/v1/read`; null while there is no result, and of a failure. */
      kind: z.enum(KINDS).nullable(),
      expected_at: z.string().nullable(),
      deadline_at: z.string().nullable(),
      received_at: z.string().nullable(),
      bytes: z.int().nullable(),
      sha256: z.string().nullable(),
      /** Seconds of audio. */
      duration: z.number().nullable(),
      channels: z.int().nullable(),
      models: z.array(z.string()),
      languages: z.array(z.string()),
      /** As the submission or the registration gave it. */
      title: z.string().nullable(),
      tags: z.array(z.string()),
      error: deepgramErrorShape.nullable(),
      /** The first words, at most 160 characters; null where nothing is said, and with `SEARCH=off`. */
      preview: z.string().nullable(),
      /** How many people speak; null where nobody tells them apart. */
      speakers: z.int().nullable(),
      /** How many of its follow-ups are done, wait or run, or need a person; cancelled ones count nowhere. */
      follow_ups: z.object({ done: z.int(), pending: z.int(), failed: z.int() }),
      deleted_at: z.string().optional(),
    })
    .meta({ id: "ListedTranscript" }),
);

export type ListedTranscript = z.infer<typeof listedTranscript>;

/** The answer of `GET /v1/transcripts`, newest first. */
export const transcriptList = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      transcripts: z.array(listedTranscript),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: "TranscriptList" }),
);

export type TranscriptList = z.infer<typeof transcriptList>;
