import * as z from "zod";
import { parseJson } from "../lib/parse-json.ts";

const remote = z.object({ url: z.string() });

/** A `{"url":…}` is no longer than this; what is, is passed on as audio would be. */
const MAX_JSON_BYTES = 65_536;

/** The body of a submission, and where its audio is when it says so. */
export async function readBody(
  request: Request,
): Promise<{ body: ReadableStream<Uint8Array> | string | null; url: string | null }> {
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  const isJson = /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
  if (!isJson || !(length <= MAX_JSON_BYTES)) return { body: request.body, url: null };
  const body = await request.text();
  return { body, url: remote.safeParse(parseJson(body)).data?.url ?? null };
}
