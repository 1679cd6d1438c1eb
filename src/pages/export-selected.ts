import { makeZip } from "client-zip";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { fileName, storedTitle } from "../read/download.ts";
import { RENDERINGS, textStream } from "../read/formats.ts";
import { open, openResult } from "../read/open-transcript.ts";
import { headCallback } from "../store/callbacks.ts";
import { readNames } from "../store/details.ts";
import type { CallbackRecord } from "../store/record.ts";
import { bytesInWords } from "./in-words.tsx";

/** Bodies of more bytes together are not exported at once: the Worker reads each, and sums it up. */
const MAX_EXPORT_BYTES = 200_000_000;

/**
 * The transcripts as a ZIP archive: of each the body as Deepgram sent it, and its text. A last file names
 * those that have none. Throws the answer when there is nothing to export, or too much.
 */
export async function exportSelected(
  c: Context<AppEnv>,
  ids: readonly RequestId[],
): Promise<Response> {
  const bucket = c.env.TRANSCRIPTS;
  const records: CallbackRecord[] = [];
  for (const id of ids) {
    const record = await headCallback(bucket, id).catch(storageUnavailable);
    if (record !== null && record.state !== "deleted") records.push(record);
  }
  if (records.length === 0)
    throw problem(422, "invalid_form", "No callback has come for what you selected.");
  const bytes = records.reduce((sum, each) => sum + each.bytes, 0);
  if (bytes > MAX_EXPORT_BYTES) {
    const most = bytesInWords(MAX_EXPORT_BYTES);
    throw problem(
      422,
      "invalid_form",
      `These have ${bytesInWords(bytes)}. Select fewer: at most ${most} are exported at once.`,
    );
  }
  const now = new Date();
  return new Response(makeZip(filesOf(bucket, ids, records, now)), {
    headers: {
      "content-type": "application/zip",
      "content-disposition": `attachment; filename="transcripts-${now.toISOString().slice(0, 10)}.zip"`,
      "cache-control": "private, no-store",
      "x-content-type-options": "nosniff",
    },
  });
}

type ArchivedFile = { name: string; input: ReadableStream<Uint8Array>; lastModified: Date };

async function* filesOf(
  bucket: R2Bucket,
  ids: readonly RequestId[],
  records: readonly CallbackRecord[],
  lastModified: Date,
): AsyncGenerator<ArchivedFile> {
  const exported = new Set<RequestId>();
  for (const record of records) {
    const { requestId } = record;
    const body = await orGone(open(bucket, { requestId, takes: "failures too" }));
    if (body === null) continue;
    exported.add(requestId);
    const title = await storedTitle(bucket, requestId);
    const name = `${fileName(title, "Untitled")} ${requestId}`;
    yield { name: `${name}.json`, input: body.object.body, lastModified };
    const text = record.state === "received" ? await textOf(bucket, requestId) : null;
    if (text !== null) yield { name: `${name}.txt`, input: text, lastModified };
  }
  const missing = ids.filter((id) => !exported.has(id));
  if (missing.length === 0) return;
  async function* words() {
    yield `No callback has come for these, or they were deleted:\n${missing.join("\n")}\n`;
  }
  yield { name: "Not exported.txt", input: textStream(words()), lastModified };
}

/** The words as the .txt download has them; null of a body that can only be had as JSON. */
async function textOf(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<ReadableStream<Uint8Array> | null> {
  const result = await orGone(openResult(bucket, { requestId }));
  if (result === null) return null;
  const { render, renderInsights } = RENDERINGS.txt;
  if ("segments" in result) {
    const names = await readNames(bucket, requestId);
    return textStream(render(result.segments, { title: requestId, names }));
  }
  const text = renderInsights?.(result.insights, requestId) ?? "";
  return new Response(text).body;
}

/** Null for what was deleted meanwhile or cannot be shown; other failures break the archive off. */
async function orGone<Opened>(opening: Promise<Opened>): Promise<Opened | null> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof HTTPException && error.status < 500) return null;
    throw error;
  }
}
