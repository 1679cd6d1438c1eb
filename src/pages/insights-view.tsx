import type { Child } from "hono/jsx";
import { sentimentInWords } from "../transcript/insights/insight-formats.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import { clockInWords, percentInWords } from "./in-words.tsx";
import { hitUrl } from "./view.ts";

const hasMore = ({ topics, intents, entities, sentiment, feelings }: Insights): boolean =>
  topics.length + intents.length + entities.length + feelings.length > 0 || sentiment !== null;

/** Whether there is nothing to show of a text. */
export const isNothing = (insights: Insights): boolean =>
  insights.summary === null && !hasMore(insights);

type Shown = {
  insights: Insights;
  /** Whether it is all there is: then nothing is folded. */
  isAll?: boolean;
};

/** What Deepgram found besides the speech; nothing where there is nothing. */
export function InsightsView({ insights, isAll = false }: Shown) {
  const { summary, topics, intents, entities } = insights;
  const Frame = isAll ? Open : Folded;
  return (
    <>
      {summary !== null && (
        <section class="summary" aria-labelledby="summary">
          <h2 id="summary">Summary</h2>
          <p dir="auto">{summary}</p>
        </section>
      )}
      {hasMore(insights) && (
        <Frame>
          <Chips title="Topics" values={topics} />
          <Chips title="Intents" values={intents} />
          <Sentiment {...insights} />
          {entities.map(({ label, values }) => (
            <Chips title={label.replaceAll("_", " ")} values={values} />
          ))}
        </Frame>
      )}
    </>
  );
}

const Folded = ({ children }: { children?: Child }) => (
  <details class="found">
    <summary>Topics, intents, feelings and names</summary>
    {children}
  </details>
);

const Open = ({ children }: { children?: Child }) => (
  <section class="found" aria-labelledby="findings">
    <h2 id="findings">Topics, intents and sentiment</h2>
    {children}
  </section>
);

function Sentiment({ sentiment, feelings }: Insights) {
  if (sentiment === null && feelings.length === 0) return null;
  return (
    <>
      <h3>Sentiment</h3>
      {sentiment && (
        <p>
          <bdi>{sentimentInWords(sentiment)}</bdi>
        </p>
      )}
      <ul>
        {feelings.map(({ text, sentiment: feeling }) => (
          <li>
            <b>{feeling}</b>: <bdi>{text}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}

function Chips({ title, values }: { title: string; values: readonly string[] }) {
  if (values.length === 0) return null;
  return (
    <>
      <h3>
        <bdi>{title}</bdi>
      </h3>
      <ul class="chips">
        {values.map((value) => (
          <li class="chip">
            <bdi>{value}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}

type Terms = {
  searches: Insights["searches"];
  hasChannels: boolean;
  /** The address of the page. */
  path: string;
  /** Of the page as it is shown: kept in the links. */
  kept: Record<string, string | number | null>;
};

/** The terms of Deepgram's own `search`, each with the places where it was heard, as links to them. */
export function SearchTerms({ searches, hasChannels, path, kept }: Terms) {
  if (searches.length === 0) return null;
  return (
    <section aria-labelledby="search-terms">
      <h3 id="search-terms">Search terms</h3>
      {searches.map(({ query, hits }) => (
        <>
          <h4>
            <bdi>{query}</bdi>
          </h4>
          {hits.length === 0 && <p class="dim">Not heard.</p>}
          <ol class="hits">
            {hits.map(({ start, channel, confidence, snippet }) => (
              <li>
                <a href={hitUrl(path, start, kept)}>{clockInWords(start)}</a> <bdi>{snippet}</bdi>{" "}
                <span class="dim">
                  {[
                    ...(hasChannels ? [`Channel ${channel}`] : []),
                    ...(confidence === null ? [] : [percentInWords(confidence)]),
                  ].join(", ")}
                </span>
              </li>
            ))}
          </ol>
        </>
      ))}
    </section>
  );
}
