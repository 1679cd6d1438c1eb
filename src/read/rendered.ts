import type { RequestId } from "../deepgram/request-id.ts";
import { CACHE_CONTROL } from "../http/cache-control.ts";
import { conditional, isConditional } from "../http/conditional.ts";
import { jsonl } from "../render/jsonl.ts";
import { srt } from "../render/srt.ts";
import { txt } from "../render/txt.ts";
import { vtt } from "../render/vtt.ts";
import type { Format } from "./file-name.ts";
import { head } from "./open.ts";
import { openSegments } from "./open-segments.ts";
import { textStream } from "./text-stream.ts";

const RENDERERS = {
  vtt: { type: "text/vtt; charset=utf-8", render: vtt },
  srt: { type: "application/x-subrip; charset=utf-8", render: srt },
  txt: { type: "text/plain; charset=utf-8", render: txt },
  jsonl: { type: "application/jsonl; charset=utf-8", render: jsonl },
};

/**
 * A transcript in a format made from its segments. `deployment` is the id of the Worker's version:
 * another one may write the same transcript otherwise, so it is part of the entity tag.
 */
export async function rendered(
  request: Request,
  bucket: R2Bucket,
  requestId: RequestId,
  key: string,
  format: Exclude<Format, "json">,
  deployment: string,
): Promise<Response> {
  const { type, render } = RENDERERS[format];
  const validatorsOf = (sha256: string) => ({
    "cache-control": CACHE_CONTROL,
    etag: `"${sha256}.${format}.${deployment}"`,
  });
  if (request.method === "HEAD" || isConditional(request.headers)) {
    const validators = validatorsOf((await head(bucket, requestId, key)).sha256);
    const ended = conditional(request.headers, validators);
    if (ended !== null) return ended;
    if (request.method === "HEAD") {
      return new Response(null, { headers: { "content-type": type, ...validators } });
    }
  }
  const { record, segments } = await openSegments(bucket, requestId, key);
  const headers = { "content-type": type, ...validatorsOf(record.sha256) };
  return new Response(await textBody(render(segments), Array.isArray(segments)), { headers });
}

/** What is small is made before the answer begins, so that a fault in it is not a 200. */
async function textBody(
  parts: AsyncIterable<string>,
  isSmall: boolean,
): Promise<string | ReadableStream<Uint8Array>> {
  return isSmall ? (await Array.fromAsync(parts)).join("") : textStream(parts);
}
