import { STATES } from "../store/states.ts";

/** In `listed` every request is under this, and under each of its tags. */
export const EVERY = "";

/** The states of requests that are in `listed`, as SQL: `state IN (…)` seeks once for each. */
export const LISTED_STATES = STATES.filter((state) => state !== "deleted");
export const LISTED_STATES_SQL = LISTED_STATES.map((state) => `'${state}'`).join(", ");

// Not a UNION: with that SQLite would look through all of `listed` to delete a row.
const places = (which: string) => `
  SELECT DISTINCT tag.value, state, at, number
  FROM transcripts JOIN json_each(json_insert(tags, '$[#]', '${EVERY}')) AS tag WHERE ${which}`;

/**
 * SQL that takes requests out of `listed`, where their rows in `transcripts` meet `which`: before their
 * state, time or tags change.
 */
export const unlistSql = (which: string): string =>
  `DELETE FROM listed WHERE (tag, state, at, number) IN (${places(which)})`;

/** SQL that puts requests into `listed`, where their rows in `transcripts` meet `which`; what is there stays. */
export const listSql = (which: string): string =>
  `INSERT INTO listed (tag, state, at, number) ${places(which)} ON CONFLICT DO NOTHING`;
