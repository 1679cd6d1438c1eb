import { field, list, probability, text, time } from "../../deepgram/fields.ts";
import { readAhead } from "../../lib/json/elements.ts";
import { findOutline, type Outline } from "../../lib/json/outline.ts";
import type { Segment } from "../segments/segment.ts";
import type { StoredBody } from "../segments/stream-segments.ts";

/** Where Deepgram's own search heard a term. */
type SearchHit = {
  /** Seconds from the start of the audio. */
  start: number;
  /** Index into `results.channels`, from 0. */
  channel: number;
  /** 0 to 1, or null where Deepgram gave none. */
  confidence: number | null;
  /** What was said there; may be empty. */
  snippet: string;
};

/** What Deepgram found in speech or in a text. What it was not asked for is null or empty. */
export type Insights = {
  summary: string | null;
  topics: string[];
  intents: string[];
  /** -1 to 1 for all of the speech; null where it was not asked for. */
  sentiment: { name: string; score: number | null } | null;
  /** The first passages that are not neutral, in order. */
  feelings: { text: string; sentiment: string }[];
  entities: { label: string; values: string[] }[];
  /** The terms of Deepgram's own `search`, each with its hits in order of time. */
  searches: { query: string; hits: SearchHit[] }[];
  /** 0 to 1, the mean of the channels. */
  confidence: number | null;
};

const MAX_SUMMARY_CHARS = 20_000;
const MAX_FEELINGS = 20;
const MAX_PASSAGE_CHARS = 1_000;
/** Of topics, of intents, and of entities. */
const MAX_VALUES = 1_000;
const MAX_VALUE_CHARS = 200;
const MAX_SEARCHES = 100;
/** Of all terms together. */
const MAX_SEARCH_HITS = 1_000;

/** Takes what a body has, part by part; anything of an unexpected type counts as absent. */
type Findings = {
  summary: (json: unknown) => void;
  /** Of a passage, as `summarize=v1` gives them with the best alternative of a channel. */
  passageSummary: (json: unknown) => void;
  /** A segment of `topics`, of `intents` or of `sentiments`. */
  topics: (segment: unknown) => void;
  intents: (segment: unknown) => void;
  feeling: (segment: unknown) => void;
  average: (json: unknown) => void;
  /** Of the best alternative of a channel. */
  confidence: (json: unknown) => void;
  entity: (json: unknown) => void;
  /** A term of the search in a channel: it begins, its members come in any order, it ends. */
  beginSearch: (channel: number) => void;
  searchQuery: (json: unknown) => void;
  searchHit: (json: unknown) => void;
  endSearch: () => void;
  insights: () => Insights;
};

/** Collects insights in memory that does not grow with the body. */
function createFindings(): Findings {
  const found: Insights = {
    ...{ summary: null, sentiment: null, confidence: null },
    ...{ topics: [], intents: [], feelings: [], entities: [], searches: [] },
  };
  const [topics, intents] = [new Set<string>(), new Set<string>()];
  const entities = new Map<string, Set<string>>();
  let entityCount = 0;
  const sure: number[] = [];
  let passages = "";
  const searches = new Map<string, SearchHit[]>();
  let search = { channel: 0, query: "", hits: [] as SearchHit[] };
  let hitCount = 0;
  const addNamed = (values: Set<string>, items: unknown, name: string) => {
    for (const item of list(items)) add(values, text(field(item, name)));
  };
  return {
    summary(json) {
      found.summary = summaryIn(json).slice(0, MAX_SUMMARY_CHARS) || null;
    },
    passageSummary(json) {
      const passage = text(field(json, "summary"));
      passages = `${passages} ${passage}`.trim().slice(0, MAX_SUMMARY_CHARS);
    },
    topics: (segment) => addNamed(topics, field(segment, "topics"), "topic"),
    intents: (segment) => addNamed(intents, field(segment, "intents"), "intent"),
    feeling(segment) {
      const [passage, sentiment] = [
        text(field(segment, "text")),
        text(field(segment, "sentiment")),
      ];
      if (sentiment === "" || sentiment === "neutral" || passage === "") return;
      if (found.feelings.length === MAX_FEELINGS) return;
      found.feelings.push({ text: passage.slice(0, MAX_PASSAGE_CHARS), sentiment });
    },
    average(json) {
      const name = text(field(json, "sentiment"));
      const score = field(json, "sentiment_score");
      found.sentiment =
        name === "" ? null : { name, score: typeof score === "number" ? score : null };
    },
    confidence(json) {
      const value = probability(json);
      if (value !== null) sure.push(value);
    },
    entity(json) {
      const [label, value] = [text(field(json, "label")), text(field(json, "value"))];
      if (label === "" || entityCount === MAX_VALUES) return;
      const values = entities.get(label) ?? new Set();
      if (add(values, value)) entityCount++;
      if (values.size > 0) entities.set(label, values);
    },
    beginSearch(channel) {
      search = { channel, query: "", hits: [] };
    },
    searchQuery(json) {
      search.query = text(json).slice(0, MAX_VALUE_CHARS);
    },
    searchHit(json) {
      const start = time(field(json, "start"));
      if (start === null || hitCount + search.hits.length >= MAX_SEARCH_HITS) return;
      const snippet = text(field(json, "snippet")).slice(0, MAX_VALUE_CHARS);
      const confidence = probability(field(json, "confidence"));
      search.hits.push({ start, channel: search.channel, confidence, snippet });
    },
    endSearch() {
      const { query, hits } = search;
      const known = searches.get(query);
      if (query === "" || (known === undefined && searches.size === MAX_SEARCHES)) return;
      searches.set(query, [...(known ?? []), ...hits]);
      hitCount += hits.length;
    },
    insights: () => ({
      ...found,
      summary: found.summary ?? (passages || null),
      topics: [...topics],
      intents: [...intents],
      entities: [...entities].map(([label, values]) => ({ label, values: [...values] })),
      searches: [...searches].map(([query, hits]) => ({
        query,
        hits: hits.toSorted((one, other) => one.start - other.start),
      })),
      confidence: sure.length > 0 ? sure.reduce((sum, each) => sum + each, 0) / sure.length : null,
    }),
  };
}

/**
 * `/v1/listen` gives `short` and says whether that is a summary: where it failed, an error sentence
 * stands there. `/v1/read` gives `text`.
 */
function summaryIn(json: unknown): string {
  const result = field(json, "result");
  if (result !== undefined && result !== "success") return "";
  return text(field(json, "text")) || text(field(json, "short"));
}

/** Whether the value is new. */
function add(values: Set<string>, value: string): boolean {
  const kept = value.slice(0, MAX_VALUE_CHARS);
  if (kept === "" || values.size === MAX_VALUES || values.has(kept)) return false;
  values.add(kept);
  return true;
}

/** Reads them from a parsed callback body. */
export function insightsOf(json: unknown): Insights {
  const found = createFindings();
  const results = field(json, "results");
  const segmentsOf = (name: string) => list(field(field(results, name), "segments"));
  found.summary(field(results, "summary"));
  segmentsOf("topics").forEach(found.topics);
  segmentsOf("intents").forEach(found.intents);
  segmentsOf("sentiments").forEach(found.feeling);
  found.average(field(field(results, "sentiments"), "average"));
  list(field(results, "channels")).forEach((channel, number) => {
    const [best] = list(field(channel, "alternatives"));
    found.confidence(field(best, "confidence"));
    list(field(best, "summaries")).forEach(found.passageSummary);
    list(field(best, "entities")).forEach(found.entity);
    for (const search of list(field(channel, "search"))) {
      found.beginSearch(number);
      found.searchQuery(field(search, "query"));
      list(field(search, "hits")).forEach(found.searchHit);
      found.endSearch();
    }
  });
  return found.insights();
}

/**
 * The summary of a text result as one segment at 0 s, so that it is searched and previewed as speech
 * is; none without a summary. `language` is a BCP 47 tag.
 */
export function summarySegments({ summary }: Insights, language: string | null): Segment[] {
  if (summary === null) return [];
  return [{ start: 0, end: 0, channel: 0, speaker: null, language, text: summary, words: [] }];
}

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
