import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";
import type { Report } from "./config.ts";

/** After how many days a transcript is deleted. */
export type Retention = {
  /** Of a transcript without one of the tags; null keeps it. */
  days: number | null;
  /** Of a transcript with a tag; of several the fewest count. */
  byTag: ReadonlyMap<string, number>;
};

/** Whether any transcript is deleted by itself. */
export const hasRetention = ({ days, byTag }: Retention): boolean =>
  days !== null || byTag.size > 0;

const DAY_MS = 86_400_000;

/** The time from which on the retention of no transcript is over, in milliseconds. */
export const earliestEnd = ({ days, byTag }: Retention, now: number): number =>
  Math.max(0, now - Math.min(days ?? Number.POSITIVE_INFINITY, ...byTag.values()) * DAY_MS);

const MAX_TAG_CHARS = 128;
/** Each tag asks the catalogue once a run. */
const MAX_TAGS = 50;

const entries = z.record(z.string(), z.unknown());
const tag = z.string().min(1).max(MAX_TAG_CHARS);
const days = z.number().int().positive();

/**
 * Reads `RETENTION`, JSON of the form `{"TAG":DAYS}`. Nothing is deleted for what is wrong: an entry is
 * reported, and its tag is kept for good, lest its transcripts go after `fallback` days.
 */
export function retention(
  value: string | undefined,
  fallback: number | null,
  report: Report,
): Retention {
  const parsed = entries.safeParse(parseJson(value || "{}"));
  if (!parsed.success) {
    report("RETENTION", 'not JSON of the form {"TAG":DAYS}: nothing is deleted');
    return { days: null, byTag: new Map() };
  }
  const given = Object.entries(parsed.data);
  if (given.length > MAX_TAGS) {
    report("RETENTION", `more than ${MAX_TAGS} tags: nothing is deleted`);
    return { days: null, byTag: new Map() };
  }
  const byTag = given.map(([name, value]): [string, number] => {
    const isGood = tag.safeParse(name).success && days.safeParse(value).success;
    if (!isGood) report("RETENTION", `${name.slice(0, 64)} has no positive whole number of days`);
    return [name, isGood ? Number(value) : Number.POSITIVE_INFINITY];
  });
  return { days: fallback, byTag: new Map(byTag) };
}
