import type * as z from "zod";
import { fail, ok, type Result } from "../lib/result.ts";

type RawIssue = z.core.$ZodRawIssue;

const TYPES: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const FORMATS: Record<string, string> = {
  date: "an ISO 8601 date",
  datetime: "an ISO 8601 date-time",
  url: "a URL",
};

/**
 * An input as its schema has it, or what is wrong with the first wrong part, as a sentence for the client:
 * `limit must be at most 1000.` A schema's own message is the predicate of such a sentence, or, where it
 * begins with a quotation mark, all of it. `whole` names the input itself.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  whole: string,
): Result<z.infer<Schema>, string> {
  const parsed = schema.safeParse(input, { error: predicateOf });
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const predicate = issue?.message ?? "is not valid";
  if (predicate.startsWith('"')) return fail(`${predicate}.`);
  return fail(`${issue?.path.join(".") || whole} ${predicate}.`);
}

/** In place of zod's own words. */
function predicateOf(issue: RawIssue): string {
  if (issue.input === undefined) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${listed(issue.values.map(String))}`;
    case "invalid_format":
      return `must be ${FORMATS[issue.format] ?? "in the right form"}`;
    case "too_small":
      return sized(issue.origin, "at least", issue.minimum);
    case "too_big":
      return sized(issue.origin, "at most", issue.maximum);
    case "unrecognized_keys":
      return `has the unknown member ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    default:
      return "is not valid";
  }
}

function sized(origin: string, bound: "at least" | "at most", size: number | bigint): string {
  if (origin === "string") return `must have ${bound} ${size} characters`;
  if (origin === "array") return `must have ${bound} ${size} entries`;
  return `must be ${bound} ${size}`;
}

/** Such as `webhook, email or sms`. */
const listed = (values: readonly string[]): string =>
  values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
