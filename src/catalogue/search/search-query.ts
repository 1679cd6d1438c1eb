import * as z from "zod";
import { documentOnly } from "../../lib/docs-only-schema.ts";
import { cursorOf, filters, limit } from "../list-query.ts";
import { terms } from "./terms.ts";

const MAX_QUERY_CHARS = 1_000;
const MAX_TERMS = 32;
/** A prefix of one character would match a large part of the index. */
const MIN_PREFIX_CHARS = 2;

/**
 * Where a page ends: of the newest first the time and the id of its last transcript; of the best first
 * those of the newest match there was for the first page, the id of the last match that was read, and how
 * many have been read.
 */
const position = z.union([
  z.tuple([z.iso.datetime(), z.guid()]),
  z.tuple([z.iso.datetime(), z.guid(), z.guid(), z.int().nonnegative()]),
]);

const sought = z
  .string()
  .max(MAX_QUERY_CHARS)
  .transform((text, context) => {
    const found = terms(text);
    const refuse = (reason: string) => {
      context.addIssue(reason);
      return z.NEVER;
    };
    if (text.trim() === "") return refuse("is missing");
    if (found.length === 0) return refuse("has no letter or number");
    if (found.length > MAX_TERMS) return refuse(`has more than ${MAX_TERMS} words and phrases`);
    const isShort = (key = "") => [...key].length < MIN_PREFIX_CHARS;
    if (found.some(({ keys, isPrefix }) => isPrefix && isShort(keys.at(-1)))) {
      return refuse("must have at least two letters or numbers before *");
    }
    return found;
  });

/** The parameters of `GET /v1/search`. */
export const searchQuery = z.object({
  q: sought,
  ...filters,
  /** `best` ranks the newest 1,000 transcripts that have the words. */
  sort: z.enum(["newest", "best"]).default("newest"),
  limit: limit(100, 20),
  cursor: cursorOf(position).optional(),
});

export type SearchQuery = z.infer<typeof searchQuery>;

/** A transcript in which a query is said. */
export const foundTranscript = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      request_id: z.guid(),
      title: z.string().nullable(),
      /** When the first body of the request was received; ISO 8601 in UTC. */
      received_at: z.string(),
      /** Seconds of audio. */
      duration: z.number().nullable(),
      tags: z.array(z.string()),
      /** At most three places, in order of time; seconds from the start of the audio. */
      hits: z.array(
        z
          .object({
            /** Of the first and of the last matching word. */
            start: z.number(),
            end: z.number(),
            channel: z.int(),
            speaker: z.int().nullable(),
            /** The match with what is said around it. */
            text: z.string(),
          })
          .meta({ id: "FoundHit" }),
      ),
    })
    .meta({ id: "FoundTranscript" }),
);

export type FoundTranscript = z.infer<typeof foundTranscript>;

/** The answer of `GET /v1/search`. */
export const searchResult = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      transcripts: z.array(foundTranscript),
      /** Months whose index did not answer, such as `2026-11`: what they have is left out. */
      incomplete: z.array(z.string()),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: "SearchResult" }),
);

export type SearchResult = z.infer<typeof searchResult>;
