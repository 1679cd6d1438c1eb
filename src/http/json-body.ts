import type * as z from "zod";
import { parseJson } from "../lib/parse-json.ts";
import { problem } from "./problem.ts";
import { validate } from "./validate.ts";

const MAX_BODY_BYTES = 65_536;

/** The JSON body of a request as the schema has it. Throws a 413, or a 400 that names what is wrong. */
export async function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): Promise<z.infer<Schema>> {
  const text = await readText(request);
  if (text === null)
    throw problem(413, "body_too_large", `The body has more than ${MAX_BODY_BYTES} bytes.`);
  const value = parseJson(text);
  if (value === undefined) throw problem(400, "invalid_json", "The body is not JSON.");
  const parsed = validate(schema, value, "The body");
  if (!parsed.ok) throw problem(400, "invalid_body", parsed.reason);
  return parsed.value;
}

/** Null when it is too long. */
async function readText(request: Request): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return new Blob(chunks).text();
}
