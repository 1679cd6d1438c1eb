import type { Insights } from "../transcript/insights/insights.ts";

/** What Deepgram found besides the speech; nothing where there is nothing. */
export function InsightsView({ insights }: { insights: Insights }) {
  const { summary, topics, intents, sentiment, feelings, entities } = insights;
  const hasMore = topics.length + intents.length + entities.length > 0 || sentiment !== null;
  return (
    <>
      {summary !== null && (
        <section class="summary" aria-labelledby="summary">
          <h2 id="summary">Summary</h2>
          <p dir="auto">{summary}</p>
        </section>
      )}
      {hasMore && (
        <details class="found">
          <summary>Topics, intents, feelings and names</summary>
          <Chips title="Topics" values={topics} />
          <Chips title="Intents" values={intents} />
          {sentiment && (
            <>
              <h3>Sentiment</h3>
              <p>
                <bdi>{sentiment.name}</bdi>
                {sentiment.score !== null && ` (${sentiment.score.toFixed(2)} of −1 to 1)`}
              </p>
              <ul>
                {feelings.map(({ text, sentiment: feeling }) => (
                  <li>
                    <b>{feeling}</b>: <bdi>{text}</bdi>
                  </li>
                ))}
              </ul>
            </>
          )}
          {entities.map(({ label, values }) => (
            <Chips title={label.replaceAll("_", " ")} values={values} />
          ))}
        </details>
      )}
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
          <li>
            <bdi>{value}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
