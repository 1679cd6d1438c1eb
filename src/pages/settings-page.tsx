import { type HourFigures, lastDay } from "../catalogue/figures.ts";
import type { ConfigProblem } from "../config/config.ts";
import type { Handler } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { lengthInWords } from "../lib/times.ts";
import { askStorage, type QueueBacklog } from "../operate/health.ts";
import { count, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { bytesInWords, type Clock, clockOf, timeOfDay } from "./in-words.tsx";
import { requireScopeOf, signedIn } from "./page-handlers.tsx";

const CATALOGUE_WITHIN_MS = 5_000;

const NOT_AVAILABLE = "Not available";

type Setting = keyof Env;

/** The settings by what they are for. Those in `SECRETS` are never shown. */
const GROUPS: readonly (readonly [string, readonly Setting[]])[] = [
  ["Callbacks", ["CALLBACK_CREDENTIALS", "CALLBACK_SECRETS", "MAX_CALLBACK_BYTES"]],
  ["Access", ["API_TOKENS", "SIGNING_KEYS", "PUBLIC_URL", "CORS_ORIGINS", "AUDIO_ORIGINS"]],
  [
    "Submissions",
    ["DEEPGRAM_API_KEY", "DEEPGRAM_URL", "CALLBACK_DEADLINE_SECONDS", "RESUBMIT_OVERDUE"],
  ],
  [
    "Follow-ups",
    [
      "FOLLOW_UPS",
      "WEBHOOK_ENDPOINTS",
      "RECIPIENTS",
      "MAX_TRANSLATIONS",
      "DAILY_MESSAGES",
      "RESEND_API_KEY",
      "TWILIO_ACCOUNT_SID",
      "TWILIO_AUTH_TOKEN",
      "DEEPL_API_KEY",
      "LIBRETRANSLATE_API_KEY",
    ],
  ],
  ["Storage", ["RETENTION_DAYS", "RETENTION", "LIVE_SILENCE_SECONDS"]],
  ["Alarms", ["ALERT_WEBHOOK"]],
] as const;

/** `GET /settings`: what is configured and what is wrong with it; never what a secret is. */
export const getSettings: Handler = signedIn(async (c, session) => {
  requireScopeOf(session, "admin");
  const { problems, environment } = c.var.config;
  const [hours, { d1, queues, outbox }] = await Promise.all([
    lastDayOrNull(c.env.CATALOGUE),
    askStorage(c.env, Date.now()),
  ]);
  const wrong = new Map(problems.map(({ name, problem }) => [name, problem]));
  const listed = new Set<string>(GROUPS.flatMap(([, names]) => names));
  const others = problems.filter(({ name }) => !listed.has(name));
  const main = (
    <>
      <h1>Settings</h1>
      <Others problems={others} />
      <h2>Installation</h2>
      <div class="scroll">
        <table>
          <tbody>
            <Line name="Version" value={c.env.VERSION.id || NOT_AVAILABLE} />
            <Line name="Environment" value={environment} />
            <Line
              name="Database size"
              value={
                d1.bytes === null
                  ? NOT_AVAILABLE
                  : `${bytesInWords(d1.bytes)} of ${bytesInWords(d1.max_bytes)}`
              }
            />
            <Line name="Follow-ups in the queue" value={backlogInWords(queues.follow_ups)} />
            <Line name="Dead letters in the queue" value={backlogInWords(queues.dead_letters)} />
            <Line
              name="Messages waiting outside the queue"
              value={outbox === null ? NOT_AVAILABLE : count(outbox.messages)}
            />
          </tbody>
        </table>
      </div>
      {GROUPS.map(([title, names]) => (
        <section>
          <h2>{title}</h2>
          <div class="scroll">
            <table>
              <tbody>
                {names.map((name) => (
                  <Line name={name} value={stateOf(c.env[name], wrong.get(name))} isCode />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
      {hours === null ? (
        <Notice tone="red">
          <p>The figures of the last 24 hours aren't available.</p>
        </Notice>
      ) : (
        <DayView hours={hours} clock={clockOf(c)} />
      )}
    </>
  );
  return page(c, { title: "Settings", main, session, place: "settings" });
});

const Others = ({ problems }: { problems: readonly ConfigProblem[] }) =>
  problems.length === 0 ? null : (
    <Notice tone="amber">
      <ul>
        {problems.map(({ name, problem }) => (
          <li>
            <code>{name}</code>: <bdi>{problem}</bdi>
          </li>
        ))}
      </ul>
    </Notice>
  );

const Line = ({ name, value, isCode }: { name: string; value: string; isCode?: boolean }) => (
  <tr>
    <th scope="row">{isCode ? <code>{name}</code> : name}</th>
    <td>
      <bdi>{value}</bdi>
    </td>
  </tr>
);

/** "Set", "Not set" or the problem. */
function stateOf(value: unknown, problem: string | undefined): string {
  if (problem !== undefined) return problem;
  return ["", "{}", "[]"].includes(String(value ?? "").trim()) ? "Not set" : "Set";
}

async function lastDayOrNull(db: D1Database) {
  try {
    return await timeout(lastDay(db, Date.now()), CATALOGUE_WITHIN_MS, "the catalogue");
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

function backlogInWords(backlog: QueueBacklog | null): string {
  if (backlog === null) return NOT_AVAILABLE;
  const { messages, oldest_seconds: seconds } = backlog;
  return `${count(messages)}${seconds === null ? "" : `, the oldest for ${lengthInWords(seconds)}`}`;
}

/** What came in the last day, and how long it took. */
const DayView = ({ hours, clock }: { hours: readonly HourFigures[]; clock: Clock }) => (
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
