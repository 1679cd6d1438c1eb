import * as z from "zod";
import { listQuery } from "../catalogue/list-query.ts";

const DAY_MS = 86_400_000;
const PAGE = 25;

const day = z.iso.date().optional().catch(undefined);

/** What is listed, as the parameters of the page say; what is wrong in them narrows nothing. */
export const deskQuery = z.object({
  /** A request_id or a tag. */
  q: z.string().trim().default(""),
  state: listQuery.shape.state.catch(undefined),
  /** Days in UTC, both included. */
  since: day,
  until: day,
  cursor: z.string().optional(),
  /** What is sought in all transcripts. */
  said: z.string().trim().default(""),
  /** Where the hits continue. */
  hits: z.string().optional(),
});

export type DeskQuery = z.infer<typeof deskQuery>;

/** The parameters of the list in the catalogue. */
export function listWanted({ q, state, since, until, cursor }: DeskQuery) {
  return {
    limit: PAGE,
    ...(q !== "" && { tag: q }),
    ...(state && { state }),
    ...(since && { since }),
    ...(until && { until: new Date(Date.parse(until) + DAY_MS).toISOString() }),
    ...(cursor && { cursor }),
  };
}
