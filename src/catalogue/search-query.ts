import * as z from "zod";
import { documentOnly } from "../lib/document-only.ts";
import { cursorOf } from "./cursor.ts";
import { filters, limit } from "./filters.ts";
import { terms } from "./terms.ts";

const MAX_QUERY_CHARS = 1_000;
const MAX_TERMS = 32;
/** A prefix of one character would match a large part of the index. */
const MIN_PREFIX_CHARS = 2;

/**
 * Where a page of hits ends: the number of the transcript that was the newest for the first page; rank,
 * sort time and rowid of the last hit.
 */
const position = z.tuple([
  z.int().nonnegative(),
  z.number(),
  z.iso.datetime(),
  z.int().nonnegative(),
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
  limit: limit(100, 20),
  cursor: cursorOf(position).optional(),
});

export type SearchQuery = z.infer<typeof searchQuery>;

/** Where a query is said. Times are seconds from the start of the audio. */
export const catalogueHit = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      request_id: z.guid(),
      /** Of the first and of the last matching word. */
      start: z.number(),
      end: z.number(),
      channel: z.int(),
      speaker: z.int().nullable(),
      /** The match with what is said around it. */
      text: z.string(),
    })
    .meta({ id: "CatalogueHit" }),
);

/** The answer of `GET /v1/search`, the best first. */
export const searchResult = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      hits: z.array(catalogueHit),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: "CatalogueHits" }),
);

export type SearchResult = z.infer<typeof searchResult>;
