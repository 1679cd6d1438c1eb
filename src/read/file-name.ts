import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";

export const FORMATS = ["json", "vtt", "srt", "txt", "jsonl"] as const;

export type Format = (typeof FORMATS)[number];

const isFormat = (value: string): value is Format => FORMATS.some((format) => format === value);

/** Reads the last part of a path, `{request_id}` or `{request_id}.{format}`; null when it is neither. */
export function parseFileName(name: string): { requestId: RequestId; format: Format } | null {
  const [id, format = "json", ...rest] = name.split(".");
  const requestId = parseRequestId(id);
  if (requestId === null || rest.length > 0 || !isFormat(format)) return null;
  return { requestId, format };
}
