import { createBodyReader } from "../deepgram/body-reader.ts";
import { hex } from "../digest.ts";
import { fail, ok, type Result } from "../result.ts";
import type { Sink } from "../store/sink.ts";

export type SpooledBody = {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  isJson: boolean;
  /** Its JSON value without the speech. */
  json: unknown;
  /** Its first bytes, up to 4 KiB, masked. */
  head: Uint8Array;
};

export type Refusal = "too-large" | "interrupted" | "unverified";

/** Whether a body's JSON value, or the header that came with it, has a valid credential. */
export type Verify = (json: unknown) => Promise<boolean>;

/** In bytes: what was announced, or what is taken at most. */
export type Limit = { exactly: number } | { atMost: number };

/**
 * Writes a body to a sink while it comes, masked; null stands where the sender broke off. Nothing
 * comes to be of a body that is refused. Throws when the sink does not take it.
 */
export async function spoolBody(
  parts: AsyncIterable<Uint8Array | null>,
  sink: Sink,
  verify: Verify,
  limit: Limit,
): Promise<Result<SpooledBody, Refusal>> {
  try {
    const body = await write(parts, sink, verify, limit);
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
  sink: Sink,
  verify: Verify,
  limit: Limit,
): Promise<Result<SpooledBody, Refusal>> {
  const reader = createBodyReader();
  const digest = new crypto.DigestStream("SHA-256");
  const digesting = digest.getWriter();
  const maxBytes = "exactly" in limit ? limit.exactly : limit.atMost;
  let bytes = 0;
  for await (const part of parts) {
    if (part === null) return fail("interrupted");
    bytes += part.length;
    if (bytes > maxBytes) return fail("exactly" in limit ? "interrupted" : "too-large");
    reader.push(part);
    await digesting.write(part);
    await sink.write(part);
  }
  if ("exactly" in limit && bytes < maxBytes) return fail("interrupted");
  const { isJson, json, head } = reader.end();
  if (!(await verify(json))) return fail("unverified");
  await digesting.close();
  return ok({ bytes, sha256: hex(await digest.digest), isJson, json, head });
}
