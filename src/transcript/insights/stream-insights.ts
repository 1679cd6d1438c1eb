import { readAhead } from "../../lib/json/elements.ts";
import { findOutline, type Outline } from "../segments/outline.ts";
import type { StoredBody } from "../segments/stream-segments.ts";
import { createFindings, type Findings, type Insights } from "./insights.ts";

const BLOCK_BYTES = 1_048_576;
const AHEAD = 3;

/**
 * The insights of a stored body of any size, as `insightsOf` reads them from it parsed, in one pass and
 * in memory that does not grow with it. A single value of over 64 KiB counts as absent.
 */
export async function streamInsights({ bytes, read }: StoredBody): Promise<Insights> {
  let found = createFindings();
  let channel = -1;
  const current = (name: Exclude<keyof Findings, "insights" | "beginSearch" | "endSearch">) => ({
    value: (json: unknown) => found[name](json),
  });
  const segmentsOf = (name: "topics" | "intents" | "feeling"): Record<string, Outline> => ({
    segments: { elements: current(name) },
  });
  const alternative = {
    confidence: current("confidence"),
    summaries: { elements: current("passageSummary") },
    entities: { elements: current("entity") },
  };
  const search: Outline = {
    begin: () => found.beginSearch(channel),
    end: () => found.endSearch(),
    members: { query: current("searchQuery"), hits: { elements: current("searchHit") } },
  };
  const channels: Outline = {
    begin() {
      channel = -1;
    },
    elements: {
      begin() {
        channel++;
      },
      members: {
        alternatives: { first: { members: alternative } },
        search: { elements: search },
      },
    },
  };
  const results: Outline = {
    // Of several the last one counts.
    begin() {
      found = createFindings();
    },
    members: {
      summary: current("summary"),
      topics: { members: segmentsOf("topics") },
      intents: { members: segmentsOf("intents") },
      sentiments: { members: { ...segmentsOf("feeling"), average: current("average") } },
      channels,
    },
  };
  const blocks = { blockBytes: BLOCK_BYTES, ahead: AHEAD };
  await findOutline({ members: { results } }, readAhead(read, { from: 0, to: bytes }, blocks));
  return found.insights();
}
