import { fail, ok, type Result } from "../result.ts";

const decoder = new TextDecoder();

/** The JSON value of a body. Bytes that are not UTF-8 read as U+FFFD; what is stored keeps them. */
export function parse(body: Uint8Array): Result<unknown, "empty" | "not-json"> {
  if (body.length === 0) return fail("empty");
  try {
    return ok(JSON.parse(decoder.decode(body)));
  } catch {
    return fail("not-json");
  }
}
