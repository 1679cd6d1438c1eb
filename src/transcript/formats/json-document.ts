import type { SegmentSource } from "../segments/segment-source.ts";
import { jsonl } from "./jsonl.ts";

/**
 * Renders segments as one JSON object, in parts to be joined: the members given, then `segments`, a
 * list of what `.jsonl` has line by line.
 */
export const jsonDocument = (members: Record<string, unknown>) =>
  async function* (segments: SegmentSource): AsyncGenerator<string> {
    const start = JSON.stringify(members).slice(0, -1);
    yield `${start}${start === "{" ? "" : ","}"segments":[`;
    let separator = "";
    for await (const line of jsonl(segments)) {
      yield separator + line.trimEnd();
      separator = ",";
    }
    yield "]}\n";
  };
