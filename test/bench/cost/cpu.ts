import { type Callback, callbacksOf } from "../bodies.ts";
import { readTranscript, stored } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note } from "../print.ts";
import { cpuMs } from "../processes.ts";
import { type BenchWorker, consume, HEAP_MIB, startOurs, withBundle } from "../worker.ts";

/** How many of each are measured, by the size of the callback in bytes. */
const COUNTS = new Map([
  [2_000, 300],
  [20_000, 300],
  [200_000, 100],
  [1_000_000, 30],
]);

type Work = (ours: BenchWorker, callback: Callback) => Promise<unknown>;

/** As the keys of `cpu` in test/proof/cost/prices.json. */
const WORKS: Record<string, Work> = {
  callback: stored,
  "in the queue": (ours, { id }) => consume(ours, id),
  "as it came": (ours, { id }) => readTranscript(ours, id, ""),
  WebVTT: (ours, { id }) => readTranscript(ours, id, ".vtt"),
};

/** The CPU time of workerd for what is billed: the figures that test/proof/cost/prices.json states. */
export async function cpu(): Promise<void> {
  await withBundle(async (script) => {
    heading("CPU of each");
    const ours = await startOurs(script, { heapMib: HEAP_MIB });
    const rows: string[][] = [];
    try {
      for (const [bytes, count] of COUNTS) rows.push(await rowOf(ours, bytes, count));
    } finally {
      await ours.stop();
    }
    markdown(["", ...Object.keys(WORKS)], rows);
    note("workerd with its simulators of R2, D1, KV and queues: more than is billed. In the");
    note("queue: the catalogue, the search and the plan, without what a request asks of others.");
  });
}

async function rowOf(ours: BenchWorker, bytes: number, count: number): Promise<string[]> {
  const next = callbacksOf(bytes);
  const each = async (work: Work, callbacks: readonly Callback[]) => {
    const before = cpuMs(ours.pid);
    for (const callback of callbacks) await work(ours, callback);
    return (cpuMs(ours.pid) - before) / callbacks.length;
  };
  // What is compiled on first use is not what is asked here.
  const first = Array.from({ length: Math.ceil(count / 4) }, next);
  for (const work of Object.values(WORKS)) await each(work, first);
  const callbacks = Array.from({ length: count }, next);
  const row = [`${bytes / 1_000} KB`];
  for (const work of Object.values(WORKS)) row.push(inMs(await each(work, callbacks)));
  return row;
}
