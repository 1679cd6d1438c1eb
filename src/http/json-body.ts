import type * as z from "zod";
import { readLimited } from "../lib/bytes.ts";
import { parseJson } from "../lib/parse-json.ts";
import { problem } from "./problem.ts";
import { validate } from "./validate.ts";

const MAX_BODY_BYTES = 65_536;

/** The JSON body of a request as the schema has it. Throws a 413, or a 400 that names what is wrong. */
export async function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): Promise<z.infer<Schema>> {
  const text = await readLimited(request.body, MAX_BODY_BYTES);
  if (text === null)
    throw problem(413, "body_too_large", `The body has more than ${MAX_BODY_BYTES} bytes.`);
  const value = parseJson(text);
  if (value === undefined) throw problem(400, "invalid_json", "The body is not JSON.");
  const parsed = validate(schema, value, "The body");
  if (!parsed.ok) throw problem(400, "invalid_body", parsed.reason);
  return parsed.value;
}
