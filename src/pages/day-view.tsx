import type { HourFigures } from "./desk-figures.ts";
import { lengthInWords } from "./in-words.ts";
import { Plot } from "./plot.tsx";

const hourInWords = (hour: number) => new Date(hour).toISOString().slice(11, 16);

/** What came in the last day, and how long it took. */
export const DayView = ({ hours }: { hours: readonly HourFigures[] }) => (
  <section aria-labelledby="day">
    <h2 id="day">The last 24 hours</h2>
    <div class="plots">
      <Plot
        title="Transcripts an hour"
        bars={hours.map(({ hour, count }) => ({
          name: hourInWords(hour),
          value: count,
          shown: String(count),
        }))}
      />
      <Plot
        title="From submission to result, mean"
        bars={hours.map(({ hour, latencySeconds }) => ({
          name: hourInWords(hour),
          value: latencySeconds,
          shown: latencySeconds === null ? "not known" : lengthInWords(latencySeconds),
        }))}
      />
    </div>
  </section>
);
