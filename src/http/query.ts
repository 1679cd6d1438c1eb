import type * as z from "zod";
import { problem } from "./problem.ts";
import { validate } from "./validate.ts";

/** What each schema makes of no parameters, which is what most requests have. */
const ofNone = new WeakMap<z.ZodType, unknown>();

/**
 * The parameters of a query as the schema has them, not to be changed. Throws a 400 that names the first
 * wrong one.
 */
export function query<Schema extends z.ZodType>(
  schema: Schema,
  parameters: Record<string, string>,
): z.infer<Schema> {
  const isNone = Object.keys(parameters).length === 0;
  if (isNone && ofNone.has(schema)) return ofNone.get(schema) as z.infer<Schema>;
  const parsed = validate(schema, parameters, "The query");
  if (!parsed.ok) throw problem(400, "invalid_parameter", parsed.reason);
  if (isNone) ofNone.set(schema, Object.freeze(parsed.value));
  return parsed.value;
}
