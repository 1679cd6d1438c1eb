import * as z from "zod";
import { deepgramErrorShape, KINDS } from "../deepgram/callback.ts";
import { documentOnly } from "../lib/document-only.ts";
import { STATES } from "../store/states.ts";
import { cursorOf } from "./cursor.ts";
import { filters, limit } from "./filters.ts";

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
