import { field, list, probability, text } from "../segments/fields.ts";

/** What Deepgram found in the speech, besides the speech. What it was not asked for is null or empty. */
export type Insights = {
  summary: string | null;
  topics: string[];
  intents: string[];
  /** -1 to 1 for all of the speech; null where it was not asked for. */
  sentiment: { name: string; score: number | null } | null;
  /** The first passages with a feeling in them, in order. */
  feelings: { text: string; sentiment: string }[];
  entities: { label: string; values: string[] }[];
  /** 0 to 1, the mean of the channels. */
  confidence: number | null;
};

const MAX_SUMMARY_CHARS = 20_000;
const MAX_FEELINGS = 20;
const MAX_PASSAGE_CHARS = 1_000;
/** Of topics, of intents, and of entities. */
const MAX_VALUES = 1_000;
const MAX_VALUE_CHARS = 200;

/** Takes what a body has, part by part; anything of an unexpected type counts as absent. */
export type Findings = {
  summary: (json: unknown) => void;
  /** A segment of `topics`, of `intents` or of `sentiments`. */
  topics: (segment: unknown) => void;
  intents: (segment: unknown) => void;
  feeling: (segment: unknown) => void;
  average: (json: unknown) => void;
  /** Of the best alternative of a channel. */
  confidence: (json: unknown) => void;
  entity: (json: unknown) => void;
  insights: () => Insights;
};

/** Collects insights in memory that does not grow with the body. */
export function createFindings(): Findings {
  const found: Insights = {
    ...{ summary: null, sentiment: null, confidence: null },
    ...{ topics: [], intents: [], feelings: [], entities: [] },
  };
  const [topics, intents] = [new Set<string>(), new Set<string>()];
  const entities = new Map<string, Set<string>>();
  let entityCount = 0;
  const sure: number[] = [];
  const addNamed = (values: Set<string>, items: unknown, name: string) => {
    for (const item of list(items)) add(values, text(field(item, name)));
  };
  return {
    summary(json) {
      const isThere = field(json, "result") === "success";
      found.summary = (isThere && text(field(json, "short")).slice(0, MAX_SUMMARY_CHARS)) || null;
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
    insights: () => ({
      ...found,
      topics: [...topics],
      intents: [...intents],
      entities: [...entities].map(([label, values]) => ({ label, values: [...values] })),
      confidence: sure.length > 0 ? sure.reduce((sum, each) => sum + each, 0) / sure.length : null,
    }),
  };
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
  for (const channel of list(field(results, "channels"))) {
    const [best] = list(field(channel, "alternatives"));
    found.confidence(field(best, "confidence"));
    list(field(best, "entities")).forEach(found.entity);
  }
  return found.insights();
}
