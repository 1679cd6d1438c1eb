import { lengthInWords } from "../lib/times.ts";
import { count } from "./components.tsx";
import type { HourFigures } from "./desk-figures.ts";
import { type Clock, timeOfDay } from "./times.tsx";

/** What came in the last day, and how long it took. */
export const DayView = ({ hours, clock }: { hours: readonly HourFigures[]; clock: Clock }) => (
  <section aria-labelledby="day">
    <h2 id="day">Last 24 hours</h2>
    <div class="plots">
      <Plot
        title="Transcripts an hour"
        bars={hours.map(({ hour, count: number }) => ({
          name: timeOfDay(new Date(hour).toISOString(), clock),
          value: number,
          shown: count(number),
        }))}
      />
      <Plot
        title="From submission to result, mean"
        bars={hours.map(({ hour, latencySeconds }) => ({
          name: timeOfDay(new Date(hour).toISOString(), clock),
          value: latencySeconds,
          shown: latencySeconds === null ? "not known" : lengthInWords(latencySeconds),
        }))}
      />
    </div>
  </section>
);

type Bar = { name: string; value: number | null; shown: string };

const WIDTH = 480;
const HEIGHT = 90;
const STEP = WIDTH / 24;
const GAP = 3;
const LEAST = 2;

/** Bars over the hours of a day as SVG; what is not known has none. Each tells its name and value. */
function Plot({ title, bars }: { title: string; bars: readonly Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => value ?? 0), Number.MIN_VALUE);
  const highest = bars.find(({ value }) => value === most);
  return (
    <figure>
      <figcaption>
        {title}
        {highest && <span class="dim"> (at most {highest.shown})</span>}
      </figcaption>
      <svg
        class="plot"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${title}: ${inWords(bars)}`}
        preserveAspectRatio="none"
      >
        {bars.map(({ name, value, shown }, index) => {
          const height = value ? Math.max((value / most) * HEIGHT, LEAST) : 0;
          return (
            <rect
              x={String(index * STEP)}
              y={String(HEIGHT - height)}
              width={String(STEP - GAP)}
              height={String(height)}
            >
              <title>{`${name}: ${shown}`}</title>
            </rect>
          );
        })}
        <line x1="0" x2={String(WIDTH)} y1={String(HEIGHT)} y2={String(HEIGHT)} />
      </svg>
      <p class="axis dim small">
        <span>{bars[0]?.name}</span>
        <span>{bars.at(-1)?.name}</span>
      </p>
    </figure>
  );
}

function inWords(bars: readonly Bar[]): string {
  const known = bars.filter(({ value }) => value).map(({ name, shown }) => `${name} ${shown}`);
  return known.join(", ") || "nothing";
}
