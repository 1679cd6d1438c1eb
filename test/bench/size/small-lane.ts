import { callbacksOf } from "../bodies.ts";
import { stored } from "../http.ts";
import { heading, inMs, note, table, target } from "../print.ts";
import { cpuMs } from "../processes.ts";
import { sideBySide } from "../rounds.ts";
import { type BenchWorker, HEAP_MIB, startFloor, startOurs } from "../worker.ts";

const ROUNDS = 7;
const SETTINGS = { heapMib: HEAP_MIB };
const MIN_RATIO = 0.85;
/** The column of the ratio that has a target. */
const FLOOR_RATIO = 5;
const WIDTHS = [1, 8];
/** Callbacks in each round, by their size in bytes. */
const COUNTS = new Map([
  [10_000, 160],
  [100_000, 96],
  [1_000_000, 24],
]);

type Contender = "ours" | "floor" | "native";
type Contenders = Record<Contender, BenchWorker>;

/** Callbacks that are held in memory, beside a Worker that only buffers, puts and sends. */
export async function smallLane(script: string): Promise<void> {
  heading(`The small lane: milliseconds of a callback, median of ${ROUNDS} rounds`);
  const contenders: Contenders = {
    ours: await startOurs(script, SETTINGS),
    floor: await startFloor("buffer-put-send", SETTINGS),
    native: await startFloor("native", SETTINGS),
  };
  const rows: string[][] = [];
  for (const [bytes, count] of COUNTS) {
    for (const width of WIDTHS) rows.push(await compare(contenders, bytes, count, width));
  }
  const head = ["ours", "ours", "floor", "native", "floor / ours", "native / ours"];
  table([["", ...head, "ours, cpu", "floor, cpu", "floor / ours, cpu"], ...rows]);
  note("floor: buffers the body, puts it into R2 and sends one message. native: also digests and");
  note(
    "parses it, and puts it with conditions; R2's simulator takes its time for these. cpu: what",
  );
  note(
    "workerd used, the simulators included. Each callback has a request_id of its own; the queues",
  );
  note("have no consumer.");
  const isMet = rows.every((row) => Number(row[FLOOR_RATIO]) >= MIN_RATIO);
  target(isMet, `floor / ours ≥ ${MIN_RATIO}`);
  await Promise.all(Object.values(contenders).map(({ stop }) => stop()));
}

async function compare(contenders: Contenders, bytes: number, count: number, width: number) {
  const next = callbacksOf(bytes);
  const cpu: Record<Contender, number> = { ours: 0, floor: 0, native: 0 };
  const timed = async (name: Contender) => {
    const before = cpuMs(contenders[name].pid);
    const ms = await manyStored(contenders[name], next, count, width);
    cpu[name] += (cpuMs(contenders[name].pid) - before) / count / ROUNDS;
    return ms;
  };
  // What is compiled on first use is not what is asked here.
  for (const worker of Object.values(contenders)) await manyStored(worker, next, count, width);
  const ms = await sideBySide(ROUNDS, {
    ours: () => timed("ours"),
    floor: () => timed("floor"),
    native: () => timed("native"),
  });
  return [
    `${bytes / 1_000} KB, ${width === 1 ? "one by one" : `${width} at once`}`,
    `${(1_000 / ms.ours).toFixed(0)}/s`,
    ...[inMs(ms.ours), inMs(ms.floor), inMs(ms.native)],
    ...[(ms.floor / ms.ours).toFixed(2), (ms.native / ms.ours).toFixed(2)],
    ...[inMs(cpu.ours), inMs(cpu.floor), (cpu.floor / cpu.ours).toFixed(2)],
  ];
}

/** Delivers `count` callbacks, `width` at once; gives the milliseconds for each. */
async function manyStored(
  worker: BenchWorker,
  next: ReturnType<typeof callbacksOf>,
  count: number,
  width: number,
): Promise<number> {
  let left = count;
  const started = performance.now();
  const lane = async () => {
    while (left-- > 0) await stored(worker, next());
  };
  await Promise.all(Array.from({ length: width }, lane));
  return (performance.now() - started) / count;
}
