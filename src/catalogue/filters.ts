import * as z from "zod";

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
