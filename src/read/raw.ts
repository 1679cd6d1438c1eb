import { problemResponse, storageUnavailable } from "../http/problem.ts";
import { CACHE_CONTROL, conditional, isConditional } from "../http/route.ts";
import { hexToBase64 } from "../lib/digest.ts";
import { openBody } from "../store/content.ts";
import type { CallbackRecord } from "../store/record.ts";
import { MAX_ROUNDS, open, requireRecord, type Wanted } from "./open-transcript.ts";

// Compressed on its way, the body would no longer be what its strong entity tag, its digest and the
// ranges speak of.
const CACHE_CONTROL_RAW = `${CACHE_CONTROL}, no-transform`;

/** The callback body as it is stored, whole or in part. */
export async function raw(request: Request, bucket: R2Bucket, wanted: Wanted): Promise<Response> {
  const { method, headers } = request;
  if (method === "GET" && !isConditional(headers) && !headers.has("range")) {
    const { record, object } = await open(bucket, wanted);
    return new Response(object.body, { headers: headersOf(record, record.bytes) });
  }
  // Another body may become the current one, or this one be erased, between the record and its bytes.
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const answer = await part(request, bucket, await requireRecord(bucket, wanted));
    if (answer !== null) return answer;
  }
  return storageUnavailable(new Error("the body changed while it was opened"));
}

/** The answer to a request for a part, or under a condition; null when the body is gone meanwhile. */
async function part(
  { method, headers }: Request,
  bucket: R2Bucket,
  record: CallbackRecord,
): Promise<Response | null> {
  const whole = headersOf(record, record.bytes);
  const ended = conditional(headers, validators(whole));
  if (ended !== null) return ended;
  if (method === "HEAD") return new Response(null, { headers: whole });
  const range = byteRange(headers, { etag: whole.etag, bytes: record.bytes });
  if (range === "unsatisfiable") {
    return problemResponse(
      416,
      "range_not_satisfiable",
      `The transcript has ${record.bytes} bytes.`,
      {
        headers: { "content-range": `bytes */${record.bytes}` },
      },
    );
  }
  if (range === null) {
    const object = await openBody(bucket, record).catch(storageUnavailable);
    return object && new Response(object.body, { headers: whole });
  }
  const length = range.end - range.start + 1;
  const object = await openBody(bucket, record, { offset: range.start, length }).catch(
    storageUnavailable,
  );
  const partial = {
    ...headersOf(record, length),
    "content-range": `bytes ${range.start}-${range.end}/${record.bytes}`,
  };
  return object && new Response(object.body, { status: 206, headers: partial });
}

function headersOf(record: CallbackRecord, contentLength: number) {
  return {
    "content-type": "application/json",
    "content-length": String(contentLength),
    "accept-ranges": "bytes",
    "cache-control": CACHE_CONTROL_RAW,
    etag: `"${record.sha256}"`,
    // RFC 9530: of the whole representation, also with a part of it.
    "repr-digest": `sha-256=:${hexToBase64(record.sha256)}:`,
  };
}

// RFC 9110, section 15.4.5: what a 304 repeats.
function validators({ etag, "cache-control": cacheControl }: ReturnType<typeof headersOf>) {
  return { etag, "cache-control": cacheControl };
}

/** First and last byte, both included. */
type ByteRange = { start: number; end: number };

/**
 * Reads `Range` (RFC 9110, section 14.2) against a representation. Null, that is the whole, for no
 * range, one that is malformed or in another unit, several ranges (a server may ignore them), and
 * where `If-Range` names another representation.
 */
function byteRange(
  headers: Headers,
  { etag, bytes }: { etag: string; bytes: number },
): ByteRange | "unsatisfiable" | null {
  const ifRange = headers.get("if-range");
  if (ifRange !== null && ifRange !== etag) return null;
  const parts = /^bytes=(\d*)-(\d*)$/i.exec(headers.get("range")?.trim() ?? "");
  const [first, last] = [parts?.[1] ?? "", parts?.[2] ?? ""];
  if (first === "" && last === "") return null;
  const suffix = first === "";
  const start = suffix ? Math.max(bytes - Number(last), 0) : Number(first);
  const end = suffix || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (!suffix && last !== "" && Number(last) < start) return null;
  return start < bytes ? { start, end } : "unsatisfiable";
}
