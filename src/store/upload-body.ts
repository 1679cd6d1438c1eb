import type { BodyReader } from "../deepgram/body-reader.ts";
import { hex } from "../lib/digest.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import type { Sink } from "./sink.ts";

/** A body that has come whole. */
export type ReadBody = {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  isJson: boolean;
  /** Its JSON value without the speech. */
  json: unknown;
  /** Its first bytes, up to 4 KiB, masked. */
  head: Uint8Array;
};

/** In bytes: what was announced, or what is taken at most. */
export type Limit = { exactly: number } | { atMost: number };

/**
 * Writes a body to a sink while it comes; `reader` has seen each part, and null stands where the sender
 * broke off. Nothing is stored of a body that is refused. Throws when the sink does not take it.
 */
export async function uploadBody(
  parts: AsyncIterable<Uint8Array | null>,
  reader: BodyReader,
  sink: Sink,
  limit: Limit,
): Promise<Result<ReadBody, "too-large" | "interrupted">> {
  try {
    const body = await write(parts, reader, sink, limit);
    if (body.ok) await sink.commit();
    else await sink.abort();
    return body;
  } catch (error) {
    await sink.abort().catch(() => {});
    throw error;
  }
}

async function write(
  parts: AsyncIterable<Uint8Array | null>,
  reader: BodyReader,
  sink: Sink,
  limit: Limit,
): Promise<Result<ReadBody, "too-large" | "interrupted">> {
  const digest = new crypto.DigestStream("SHA-256");
  const digesting = digest.getWriter();
  const maxBytes = "exactly" in limit ? limit.exactly : limit.atMost;
  let bytes = 0;
  for await (const part of parts) {
    if (part === null) return fail("interrupted");
    bytes += part.length;
    if (bytes > maxBytes) return fail("exactly" in limit ? "interrupted" : "too-large");
    await Promise.all([digesting.write(part), sink.write(part)]);
  }
  if ("exactly" in limit && bytes < maxBytes) return fail("interrupted");
  await digesting.close();
  return ok({ bytes, sha256: hex(await digest.digest), ...reader.end() });
}
