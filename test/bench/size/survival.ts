import { setTimeout as sleep } from "node:timers/promises";
import { type Callback, callbacksOf, sha256Of } from "../bodies.ts";
import { gaugeIsolate } from "../heap.ts";
import { type Answer, deliver, read, readTranscript } from "../http.ts";
import { heading, inMb, inMs, must, note, table } from "../print.ts";
import { residentBytes, workerdPids } from "../processes.ts";
import { type BenchWorker, consume, HEAP_MIB, startFloor, startOurs } from "../worker.ts";

const SETTINGS = { heapMib: HEAP_MIB, inspect: true };
const LARGE_BYTES = 95_000_000;
const PARALLEL_BYTES = 25_000_000;
const PARALLEL = 4;
const SUFFIXES = [".json", ".vtt", ".srt", ".txt", ".jsonl", "/search?q=the"];

/** A transcript of 95 MB, then four of 25 MB at once, through a heap of 128 MB; and a naive receiver. */
export async function survival(script: string): Promise<void> {
  heading(`It survives: --max-heap-size=${HEAP_MIB}`);
  const large = callbacksOf(LARGE_BYTES)();
  const parallel = Array.from({ length: PARALLEL }, callbacksOf(PARALLEL_BYTES));
  const ours = await startOurs(script, SETTINGS);
  const idle = residentBytes(ours.pid).now;
  const gauge = await gaugeIsolate(ours);
  const isolate = await gauge.peakDuring(async () => {
    await oneLarge(ours, large);
    await fourAtOnce(ours, parallel);
  });
  const isAlive = workerdPids().includes(ours.pid) && (await read(ours, "/health")).status === 200;
  must(isAlive, "it is the same workerd process, and /health answers 200");
  const peak = residentBytes(ours.pid).peak - idle;
  note(`all of this: workerd ${inMb(peak)} over idle, our isolate ${inMb(isolate)}`);
  gauge.close();
  await ours.stop();
  note("");
  note("The control, a receiver that calls request.json():");
  for (const callbacks of [[large], parallel]) await control(callbacks);
}

async function oneLarge(ours: BenchWorker, callback: Callback): Promise<void> {
  const { status, ms } = await deliver(ours, callback);
  must(status === 200, `a callback of ${inMb(callback.bytes)} is answered 200 (${inMs(ms)})`);
  const before = await readAll(ours, callback);
  await consume(ours, callback.id);
  const after = await readAll(ours, callback);
  must(
    SUFFIXES.every((suffix) => before.get(suffix)?.sha256 === after.get(suffix)?.sha256),
    "every answer is the same before and after the queue consumer has kept the segments",
  );
  const row = (suffix: string) => {
    const [first, second] = [before.get(suffix), after.get(suffix)];
    return [suffix, inMb(second?.bytes ?? 0, 1), inMs(first?.ms ?? 0), inMs(second?.ms ?? 0)];
  };
  table([["read", "bytes", "from the body", "from the segments"], ...SUFFIXES.map(row)]);
}

async function readAll(ours: BenchWorker, { id, parts }: Callback): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (const suffix of SUFFIXES) answers.set(suffix, await readTranscript(ours, id, suffix));
  must(
    [...answers.values()].every(({ status, bytes }) => status === 200 && bytes > 0),
    `${SUFFIXES.join(", ")} are answered 200 and come whole`,
  );
  must(answers.get(".json")?.sha256 === sha256Of(parts), "the stored bytes are identical");
  return answers;
}

async function fourAtOnce(ours: BenchWorker, callbacks: Callback[]): Promise<void> {
  const what = `${callbacks.length} × ${inMb(PARALLEL_BYTES)} at once`;
  const answers = await Promise.all(callbacks.map((callback) => deliver(ours, callback)));
  must(
    answers.every(({ status }) => status === 200),
    `${what} are answered 200`,
  );
  await Promise.all(callbacks.map(({ id }) => consume(ours, id)));
  const reads = await Promise.all(callbacks.map(({ id }) => readTranscript(ours, id, ".json")));
  must(
    reads.every(({ sha256 }, nth) => sha256 === sha256Of(callbacks[nth]?.parts ?? [])),
    `${what} are stored identically`,
  );
  const captions = await Promise.all(callbacks.map(({ id }) => readTranscript(ours, id, ".vtt")));
  must(
    captions.every(({ status, bytes }) => status === 200 && bytes > 0),
    `${what} stream out as .vtt, together`,
  );
}

/** Shows what becomes of a naive receiver; whatever it is, it is right. */
async function control(callbacks: Callback[]): Promise<void> {
  const naive = await startFloor("naive", SETTINGS);
  const idle = residentBytes(naive.pid).now;
  let peak = idle;
  const watching = setInterval(() => {
    peak = Math.max(peak, residentBytes(naive.pid).peak || 0);
  }, 10);
  const respond = (callback: Callback) =>
    deliver(naive, callback).then(
      ({ status }) => String(status),
      (error: Error) => error.message,
    );
  let answers: string[] = [];
  const gauge = await gaugeIsolate(naive);
  const isolate = await gauge.peakDuring(async () => {
    answers = await Promise.all(callbacks.map(respond));
  });
  // A process that dies takes a moment, for its memory to be given back.
  await sleep(1_000);
  clearInterval(watching);
  const fate = workerdPids().includes(naive.pid) ? "workerd survives" : "workerd dies";
  const sent = `${callbacks.length} × ${inMb(callbacks[0]?.bytes ?? 0)}`;
  note(`${sent}: ${fate}; answered: ${answers.join(", ")}; it takes`);
  note(`  ${inMb(peak - idle)} over idle, its isolate alone ${inMb(isolate)} when last asked`);
  gauge.close();
  await naive.stop();
}
