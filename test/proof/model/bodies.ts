import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { errorBody } from "../../support/bodies/errors.ts";

export type BodyChoice = { variant: number; kind: "small" | "large" | "error" };

const PADDING = " ".repeat(MAX_HELD_BYTES);

/** The one word that nothing else says. */
export const wordOf = (at: number, variant: number): string => `quince${at}x${variant}`;

/** What Deepgram would deliver for a request; equal choices give equal bytes. */
export function bodyOf(id: string, at: number, { variant, kind }: BodyChoice): string {
  if (kind === "error") {
    return errorBody((["err_code", "category"] as const)[variant] ?? "error_code", id);
  }
  const said = ["well", wordOf(at, variant), "then"];
  const words = said.map((word, place) => ({
    word,
    start: place,
    end: place + 0.5,
    confidence: 0.9,
  }));
  const alternatives = [{ transcript: said.join(" "), confidence: 0.9, words }];
  const metadata = { request_id: id, duration: said.length, channels: 1, tags: [`tag${at}`] };
  const text = JSON.stringify({ metadata, results: { channels: [{ alternatives }] } });
  return kind === "large" ? text + PADDING : text;
}
