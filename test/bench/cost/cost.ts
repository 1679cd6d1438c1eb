import budget from "../../proof/cost/budget.json" with { type: "json" };
import prices from "../../proof/cost/prices.json" with { type: "json" };
import { cpu } from "./cpu.ts";

type Unit = keyof typeof prices.units;
type Counts = Partial<Record<Unit, number>>;

const UNITS = Object.keys(prices.units) as Unit[];
const MILLION = 1_000_000;
const HOUR_SECONDS = 3_600;
const MINUTES_A_DAY = 1_440;
const HOURS_A_DAY = 24;
const DAYS_A_MONTH = 30;
const OBJECT_GB = 0.128;

/** The columns of the table, each the sum of some units. */
const COLUMNS: Record<string, Unit[]> = {
  "Worker requests": ["workerRequests"],
  "R2 A": ["r2ClassA"],
  "R2 B": ["r2ClassB"],
  "queue operations": ["queueOperations"],
  "D1 rows written": ["d1RowsWritten"],
  "D1 rows read": ["d1RowsRead"],
  KV: ["kvReads", "kvWrites"],
  "data points": ["dataPoints"],
  "log events": ["logEvents"],
  "object requests": ["objectRequests"],
  "object rows": ["objectRowsWritten"],
};

/** In US dollars, for so often. */
const price = (counts: Counts, times: number): number =>
  UNITS.reduce(
    (sum, unit) => sum + ((counts[unit] ?? 0) * times * prices.units[unit].perMillion) / MILLION,
    0,
  );

const dollars = (sum: number) => `$${sum.toFixed(sum < 0.1 ? 4 : 2)}`;

const scaled = (counts: Counts, times: number): Counts =>
  Object.fromEntries(UNITS.map((unit) => [unit, Math.round((counts[unit] ?? 0) * times)]));

const line = (cells: string[]) => `| ${cells.join(" | ")} |`;

function table(lastColumn: string, rows: [string, Counts, string][]): string {
  const shown = Object.entries(COLUMNS).filter(([, units]) =>
    rows.some(([, counts]) => units.some((unit) => counts[unit])),
  );
  const cells = (counts: Counts) =>
    shown.map(([, units]) => {
      const sum = units.reduce((all, unit) => all + (counts[unit] ?? 0), 0);
      return sum === 0 ? "" : sum.toLocaleString("en-US");
    });
  return [
    line(["", ...shown.map(([name]) => name), lastColumn]),
    `|---|${"---:|".repeat(shown.length + 1)}`,
    ...rows.map(([name, counts, sum]) => line([name, ...cells(counts), sum])),
  ].join("\n");
}

type Stream = { audioSeconds: number; messages: number; turns: number } & Counts;

/** The longer of two streams, continued at the rate at which it is beyond the shorter one. */
function hourOf([short, long]: Stream[]): { counts: Counts; messages: number } {
  const times = (HOUR_SECONDS - long!.audioSeconds) / (long!.audioSeconds - short!.audioSeconds);
  const continued = (from: number, to: number) => Math.round(to + (to - from) * times);
  const counts = Object.fromEntries(
    UNITS.map((unit) => [unit, continued(short![unit] ?? 0, long![unit] ?? 0)]),
  );
  return { counts, messages: continued(short!.messages, long!.messages) };
}

/**
 * What Cloudflare bills: the counts that test/proof/cost keeps, at list prices, as Markdown. With `cpu` the CPU
 * time is measured instead.
 */
export async function cost([part]: string[]): Promise<void> {
  if (part === "cpu") return cpu();
  const operations = Object.entries<Counts>(budget.operations);
  const isSweep = (name: string) => name.includes("sweep");
  const sweeps: [string, Counts][] = operations
    .filter(([name]) => isSweep(name))
    .map(([name, counts]) => [
      name.replace(/^an? (minute|hour)'s sweep/, "$1ly sweeps"),
      scaled(counts, name.startsWith("an hour") ? HOURS_A_DAY : MINUTES_A_DAY),
    ]);
  const streams = Object.entries<Stream[]>(budget.streams).map(
    ([name, measured]) => [name, hourOf(measured)] as const,
  );
  const rows = operations
    .filter(([name]) => !isSweep(name))
    .map(([name, counts]): [string, Counts, string] => [
      name,
      counts,
      dollars(price(counts, MILLION)),
    ]);
  console.log(`${table("a million", rows)}\n`);
  console.log(
    table(
      "a day",
      sweeps.map(([name, counts]) => [name, counts, dollars(price(counts, 1))]),
    ),
  );
  console.log();
  console.log(
    table(
      "an hour",
      streams.map(([name, { counts, messages }]) => [
        `an hour ${name}, ${messages.toLocaleString("en-US")} messages`,
        counts,
        dollars(price(counts, 1)),
      ]),
    ),
  );
  const awake = (HOUR_SECONDS * OBJECT_GB * prices.durableObjectGbSecondsPerMillion) / MILLION;
  console.log(`
${measured()}

Not included: a Durable Object that is awake for an hour (${dollars(awake)} of duration), storage, and what e-mail, SMS \
and translation providers charge. ${logsBySize()}

Prices are list prices in US dollars without what the plan includes, looked up in stored copies on ${prices.readOn}: \
${sources()}.`);
}

/** CPU time: measured, since nothing can count it. */
function measured(): string {
  const sizes = Object.entries<Record<string, number>>(prices.cpu.ms);
  const works = Object.keys(sizes[0]?.[1] ?? {});
  const rows = sizes.map(([size, ms]) => line([size, ...works.map((work) => `${ms[work]} ms`)]));
  return [
    line(["CPU, at most", ...works]),
    `|---|${"---:|".repeat(works.length)}`,
    ...rows,
    "",
    `CPU was measured by \`${prices.cpu.by}\` on ${prices.cpu.measuredOn}. A million milliseconds cost $${prices.cpu.perMillionMs}.`,
  ].join("\n");
}

/** What becomes of the price of log events. */
function logsBySize(): string {
  const { from, perGb, perGbMonth, retentionDays, eventBytesAssumed, source } = prices.logsBySize;
  const gb = (MILLION * eventBytesAssumed) / 1e9;
  const sum = gb * (perGb + (perGbMonth * retentionDays) / DAYS_A_MONTH);
  return (
    `From ${from} logs are billed by their size (<${source}>): were an event ${eventBytesAssumed / 1_000} KB, ` +
    `a million of them would be ${dollars(sum)} instead of ${dollars(prices.units.logEvents.perMillion)}.`
  );
}

function sources(): string {
  const used = UNITS.map((unit) => prices.units[unit]);
  return [...new Set(used.map(({ source }) => source))].map((source) => `<${source}>`).join(", ");
}
