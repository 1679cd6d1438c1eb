import { fc } from "../../support/fast-check.ts";
import { hostileText } from "../../unit/transcript/formats/hostile-segments.ts";

export const KNOWN_ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";
/** Of the form of a job; stands for one that is created when it is asked. */
export const KNOWN_JOB = "x-00000000000000000000-0";
/** Stands for the header of that job. */
export const JOB_CREDENTIAL = "Basic of-the-known-job";
export const OTHER_ID = "51712a9a-9c10-4128-8e9d-6741cbff5c70";

const TEXTS = [
  ...'|0|-1|1|1.5|1e999|NaN|null|true|[]|{}|%|%00|%ff|../|..%2f|*|"|\'; DROP TABLE transcripts;--|es|webhook:crm:transcript.received|json|vtt|srt|txt|md|csv|jsonl|html|received|deleted|__proto__|constructor|2026-01-01T00:00:00Z|2026-13-01|a:b|bytes=0-1|en-US-x-a|quince*|"quince then"'.split(
    "|",
  ),
  KNOWN_ID,
  KNOWN_ID.toUpperCase(),
  OTHER_ID,
  "9".repeat(400),
  "x".repeat(5_000),
  "\ud800",
  "\u0000",
  "\ufeff",
];

/** What a client might put anywhere. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  { weight: 1, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.double().map(String) },
);

const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)]);

/** A JSON value, often with members of these names. */
export const anyJson = (names: readonly string[]): fc.Arbitrary<unknown> => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      anyText,
      fc.double(),
      fc.integer(),
      fc.constantFrom(null, true, false, 0, 60, -1, 1e300, nested(200)),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom("__proto__", ...names), anyText), tie("value"), {
        maxKeys: 5,
      }),
    ),
  }));
  return value;
};

/** Those headers that the platform lets through at all. */
export const admitted = (given: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).filter(([, value]) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)),
  );
