import { problem } from "../http/problem.ts";
import type { CallbackRecord } from "../store/record.ts";
import { formatsOf, type RenderedFormat } from "./formats.ts";
import type { View } from "./rendered.ts";

/** Thrown for a text result where only a transcript will do; `what` completes "it has no …". */
export const notATranscript = (what: string) =>
  problem(
    422,
    "not_a_transcript",
    `The result is text intelligence, not a transcript: it has no ${what}.`,
  );

/** Throws the answer for a text result in a format of speech, or a slice of one. */
export function requireFormat(
  { kind }: CallbackRecord,
  format: RenderedFormat,
  { slice }: View,
): void {
  if (kind !== "text") return;
  const formats = formatsOf(kind);
  if (!formats.includes(format)) {
    throw notATranscript(`${format}; ask for ${formats.join(", ")}`);
  }
  if (Object.keys(slice).length > 0) throw notATranscript("times, channels or speakers");
}
