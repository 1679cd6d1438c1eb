import * as z from "zod";

/** What Deepgram found in the speech, besides the speech. What it was not asked for is null or empty. */
export type Insights = {
  summary: string | null;
  topics: string[];
  intents: string[];
  /** -1 to 1 for all of the speech; null where it was not asked for. */
  sentiment: { name: string; score: number | null } | null;
  /** The passages with a feeling in them, in order. */
  feelings: { text: string; sentiment: string }[];
  entities: { label: string; values: string[] }[];
  /** 0 to 1, the mean of the channels. */
  confidence: number | null;
};

const MAX_FEELINGS = 20;

// A member of an unexpected type is read as absent: Deepgram changes them without notice.
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.flatMap((each) => item.safeParse(each).data ?? []));

const text = z.string();
const score = z.number().nullable().catch(null);

const results = z
  .object({
    summary: z
      .object({ result: z.literal("success"), short: text })
      .nullable()
      .catch(null),
    topics: segmentsOf(z.object({ topics: list(z.object({ topic: text })) })),
    intents: segmentsOf(z.object({ intents: list(z.object({ intent: text })) })),
    sentiments: z
      .object({
        segments: list(z.object({ text, sentiment: text })),
        average: z.object({ sentiment: text, sentiment_score: score }).nullable().catch(null),
      })
      .catch({ segments: [], average: null }),
    channels: list(
      z.object({
        alternatives: list(
          z.object({
            confidence: score,
            entities: list(z.object({ label: text, value: text })),
          }),
        ),
      }),
    ),
  })
  .nullable()
  .catch(null);

/** Reads them from a parsed callback body. */
export function insightsOf(json: unknown): Insights {
  const found = z.object({ results }).catch({ results: null }).parse(json).results;
  const best = found?.channels.flatMap(({ alternatives }) => alternatives.slice(0, 1)) ?? [];
  const sure = best.flatMap(({ confidence }) => confidence ?? []);
  const average = found?.sentiments.average ?? null;
  const feelings = found?.sentiments.segments ?? [];
  return {
    summary: found?.summary?.short || null,
    topics: distinct(found?.topics.flatMap(({ topics }) => topics.map(({ topic }) => topic))),
    intents: distinct(found?.intents.flatMap(({ intents }) => intents.map((each) => each.intent))),
    sentiment: average && { name: average.sentiment, score: average.sentiment_score },
    feelings: feelings.filter(({ sentiment }) => sentiment !== "neutral").slice(0, MAX_FEELINGS),
    entities: byLabel(best.flatMap(({ entities }) => entities)),
    confidence: sure.length > 0 ? sure.reduce((sum, each) => sum + each, 0) / sure.length : null,
  };
}

function segmentsOf<Item extends z.ZodType>(item: Item) {
  return z
    .object({ segments: list(item) })
    .transform(({ segments }) => segments)
    .catch([]);
}

const distinct = (texts: readonly string[] = []): string[] => [...new Set(texts)];

function byLabel(entities: readonly { label: string; value: string }[]): Insights["entities"] {
  const labels = new Map<string, Set<string>>();
  for (const { label, value } of entities) {
    labels.set(label, (labels.get(label) ?? new Set()).add(value));
  }
  return [...labels].map(([label, values]) => ({ label, values: [...values] }));
}
