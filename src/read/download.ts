import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import { NO_DETAILS, titleIn } from "../store/details.ts";
import { openExpectation } from "../store/expectations.ts";
import type { Format } from "./formats.ts";

const MAX_NAME_CHARS = 100;

/** What file systems refuse in a name, or read as a path; control and directing characters. */
const UNFIT = /[\\/:*?"<>|\p{Cc}\p{Cf}]+/gu;

/**
 * The same response; where `download` was asked for, to be saved under the title of the transcript, or
 * its `request_id`. `suffix` is what follows, such as `.es.vtt`. Up to three R2 operations for that.
 */
export async function offerDownload(
  bucket: R2Bucket,
  response: Response,
  download: string | undefined,
  { requestId, suffix }: { requestId: RequestId; suffix: string },
): Promise<Response> {
  if (download === undefined) return response;
  const title = await storedTitle(bucket, requestId).catch(storageUnavailable);
  response.headers.set("content-disposition", attachment(title, requestId, suffix));
  return response;
}

/**
 * The title that a document has in a format, and what it adds to the entity tag: a person may change it.
 * Only HTML shows one: the others need no R2 operation for it.
 */
export async function documentTitle(
  bucket: R2Bucket,
  requestId: RequestId,
  format: Format,
): Promise<{ title: string; tag: string }> {
  const title =
    format === "html" ? await storedTitle(bucket, requestId).catch(storageUnavailable) : null;
  if (title === null) return { title: requestId, tag: "" };
  return { title, tag: `.${hex(await sha256(title)).slice(0, 8)}` };
}

/** The title of a request: the one it was given, else that of its callback; up to three R2 operations. */
export async function storedTitle(bucket: R2Bucket, requestId: RequestId): Promise<string | null> {
  const record = await headCallback(bucket, requestId);
  if (record?.state === "deleted") return null;
  const { extra } = record === null ? { extra: {} } : await factsOf(bucket, record);
  const details = (await openExpectation(bucket, requestId))?.details ?? NO_DETAILS;
  return titleIn(extra, details);
}

/** `Content-Disposition` (RFC 6266); a name that is not ASCII is also given as RFC 8187 has it. */
export function attachment(title: string | null, otherwise: string, suffix: string): string {
  const name = fileName(title, otherwise);
  const ascii = name.replace(/[^\x20-\x7e]/g, "_").replace(/[%]/g, "_");
  if (ascii === name) return `attachment; filename="${name}${suffix}"`;
  const encoded = encodeURIComponent(name + suffix).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}${suffix}"; filename*=UTF-8''${encoded}`;
}

/** A title as every file system takes it, without a suffix. */
export function fileName(title: string | null, otherwise: string): string {
  const fit = (title ?? "").toWellFormed().replace(UNFIT, " ").replace(/\s+/g, " ").trim();
  const chars = [...fit.replace(/^[. ]+/, "")].slice(0, MAX_NAME_CHARS);
  return chars.join("") || otherwise;
}
