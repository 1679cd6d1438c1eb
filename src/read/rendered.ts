import type { RequestId } from "../deepgram/request-id.ts";
import { srt } from "../render/srt.ts";
import { txt } from "../render/txt.ts";
import { vtt } from "../render/vtt.ts";
import { segments } from "../segments/segments.ts";
import { CACHE_CONTROL } from "./cache-control.ts";
import { notModified } from "./conditional.ts";
import type { Format } from "./file-name.ts";
import { head, open } from "./open.ts";

const RENDERERS = {
  vtt: { type: "text/vtt; charset=utf-8", render: vtt },
  srt: { type: "application/x-subrip; charset=utf-8", render: srt },
  txt: { type: "text/plain; charset=utf-8", render: txt },
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
  const headersOf = (sha256: string) => ({
    "content-type": type,
    "cache-control": CACHE_CONTROL,
    etag: `"${sha256}.${format}.${deployment}"`,
  });
  const ifNoneMatch = request.headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    const { "content-type": _, ...validators } = headersOf(
      (await head(bucket, requestId, key)).sha256,
    );
    if (notModified(ifNoneMatch, validators.etag)) {
      return new Response(null, { status: 304, headers: validators });
    }
  }
  const { record, object } = await open(bucket, requestId, key);
  const text = [...render(segments(await object.json()))].join("");
  return new Response(text, { headers: headersOf(record.sha256) });
}
