import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Job } from "./job.ts";

/** Why a submission has no audio. */
export type AudioFault = { refused: string };

const LONGEST_JSON_BYTES = 100_000;

const urlIn = (json: string): string | null => {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === "object" && value !== null && "url" in value;
    return isObject && typeof value.url === "string" ? value.url : null;
  } catch {
    return null;
  }
};

/**
 * Reads the audio, keeping only its length and digest. JSON must name a `url`; nothing is fetched,
 * the digest is then that of the JSON.
 */
export const audioOf = async (request: IncomingMessage): Promise<Job["audio"] | AudioFault> => {
  const isJson = (request.headers["content-type"] ?? "").startsWith("application/json");
  const digest = createHash("sha256");
  let bytes = 0;
  let json = "";
  for await (const chunk of request as AsyncIterable<Buffer>) {
    digest.update(chunk);
    bytes += chunk.byteLength;
    if (isJson && bytes <= LONGEST_JSON_BYTES) json += chunk.toString("latin1");
  }
  if (isJson && urlIn(json) === null)
    return { refused: "Content-type was application/json, but it holds no url." };
  if (bytes === 0) return { refused: "The request has no audio." };
  return { bytes, sha256: digest.digest("hex") };
};
