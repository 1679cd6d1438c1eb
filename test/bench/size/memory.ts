import { callbacksOf } from "../bodies.ts";
import { gaugeIsolate, type IsolateGauge } from "../heap.ts";
import { readTranscript, stored } from "../http.ts";
import { heading, inMb, note, table, target } from "../print.ts";
import { forgetPeak, residentBytes } from "../processes.ts";
import { median } from "../rounds.ts";
import { type BenchWorker, consume, HEAP_MIB, startFloor, startOurs } from "../worker.ts";

const MB = 1_000_000;
const SIZES = [5 * MB, 25 * MB, 50 * MB, 95 * MB];
const ROUNDS = 3;
const WARM_UP_BYTES = 10_000;
const SETTINGS = { heapMib: HEAP_MIB, inspect: true };
const MAX_GROWTH = 1.5;

/** In bytes: of the whole process over its idle, and of the isolate of the Worker alone. */
type Peaks = { process: number; isolate: number };

type Step = "bare" | "take" | "show" | "keep";

/** What a callback costs in memory, in a process of its own, by its size. */
export async function memory(script: string): Promise<void> {
  heading(`Peak memory: --max-heap-size=${HEAP_MIB}, median of ${ROUNDS}, a new process for each`);
  const measured = new Map<number, Record<Step, Peaks>>();
  for (const bytes of SIZES) measured.set(bytes, await medians(bytes, script));
  for (const kind of ["process", "isolate"] as const) {
    note(
      kind === "process"
        ? "workerd, its resident memory over idle; the simulators' heaps and buffers are part of it:"
        : "the isolate of the Worker alone, its heap with garbage and its array buffers:",
    );
    show(measured, kind);
  }
  note("take: the callback; show: .vtt before its segments are kept; keep: the queue consumer,");
  note("which finds the garbage of the two before it.");
}

function show(measured: Map<number, Record<Step, Peaks>>, kind: keyof Peaks): void {
  const steps = ["bare", "take", "show", "keep"] as const;
  const of = (bytes: number, step: Step) => measured.get(bytes)?.[step][kind] ?? Number.NaN;
  const growth = (step: Step) => of(95 * MB, step) / of(25 * MB, step);
  table([
    ["", "bare R2.put", "ours: take", "ours: show", "ours: keep"],
    ...SIZES.map((bytes) => [inMb(bytes), ...steps.map((step) => inMb(of(bytes, step)))]),
    ["95 / 25", ...steps.map((step) => growth(step).toFixed(2))],
  ]);
  if (kind === "process") target(growth("take") <= MAX_GROWTH, `take, 95 / 25 ≤ ${MAX_GROWTH}`);
  note("");
}

async function medians(bytes: number, script: string): Promise<Record<Step, Peaks>> {
  const rounds: Record<Step, Peaks>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await withWorker(await startFloor("bare-put", SETTINGS), bytes, ["take"]);
    const ours = await startOurs(script, SETTINGS);
    const { take, show, keep } = await withWorker(ours, bytes, ["take", "show", "keep"]);
    rounds.push({ bare: bare.take, take, show, keep });
  }
  const of = (step: Step): Peaks => ({
    process: median(rounds.map((round) => round[step].process)),
    isolate: median(rounds.map((round) => round[step].isolate)),
  });
  return { bare: of("bare"), take: of("take"), show: of("show"), keep: of("keep") };
}

async function withWorker(
  worker: BenchWorker,
  bytes: number,
  steps: ("take" | "show" | "keep")[],
): Promise<Record<"take" | "show" | "keep", Peaks>> {
  const callback = callbacksOf(bytes)();
  await stored(worker, callbacksOf(WARM_UP_BYTES)());
  const idle = residentBytes(worker.pid).now;
  const gauge = await gaugeIsolate(worker);
  const peaks = (work: () => Promise<unknown>) => peaksDuring(worker, gauge, idle, work);
  const works = {
    take: () => stored(worker, callback),
    show: () => readTranscript(worker, callback.id, ".vtt"),
    keep: () => consume(worker, callback.id),
  };
  const none: Peaks = { process: Number.NaN, isolate: Number.NaN };
  const all = { take: none, show: none, keep: none };
  for (const step of steps) all[step] = await peaks(works[step]);
  gauge.close();
  await worker.stop();
  return all;
}

async function peaksDuring(
  worker: BenchWorker,
  gauge: IsolateGauge,
  idle: number,
  work: () => Promise<unknown>,
): Promise<Peaks> {
  forgetPeak(worker.pid);
  const isolate = await gauge.peakDuring(work);
  return { process: residentBytes(worker.pid).peak - idle, isolate };
}
