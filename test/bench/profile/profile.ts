import { join } from "node:path";
import { buildSync } from "esbuild";
import { callbacksOf } from "../bodies.ts";
import { readTranscript, stored } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, note } from "../print.ts";
import { type BenchWorker, ROOT, startOurs } from "../worker.ts";
import { profiler } from "./profiler.ts";

/** Requests profiled, by the size of the callback in bytes. */
const COUNTS = new Map([
  [20_000, 3_000],
  [1_000_000, 150],
]);
const SHOWN = 12;
const READ_BYTES = 2_000;
const READS = 4_000;

/** What takes the time of callbacks, and of reading as it came, in the Worker's own isolate. */
export async function profile(): Promise<void> {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, "src/index.ts")],
    bundle: true,
    write: false,
    format: "esm",
    external: ["cloudflare:*"],
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    conditions: ["workerd", "worker", "browser"],
  });
  const ours = await startOurs(outputFiles[0]?.text ?? "", { inspect: true });
  for (const [bytes, count] of COUNTS) {
    const next = callbacksOf(bytes);
    const once = () => stored(ours, next());
    await show(ours, { what: `Callback of ${bytes / 1_000} KB`, count, once });
  }
  const callback = callbacksOf(READ_BYTES)();
  await stored(ours, callback);
  const once = () => readTranscript(ours, callback.id, "");
  await show(ours, { what: "Transcript of 2 KB as it came", count: READS, once });
  note("Self times by V8's sampling profiler, the Worker's isolate alone, not minified. What R2's");
  note("and the queue's simulators and the network do is in (idle) and (program).");
  await ours.stop();
}

type Profiled = { what: string; count: number; once: () => Promise<unknown> };

async function show(worker: BenchWorker, { what, count, once }: Profiled): Promise<void> {
  // What is compiled on first use is not what is asked here.
  for (let nth = 0; nth < count / 4; nth++) await once();
  const profiling = await profiler(worker);
  const started = performance.now();
  for (let nth = 0; nth < count; nth++) await once();
  const ms = (performance.now() - started) / count;
  const selfTimes = await profiling.stop();
  heading(`${what}: ${ms.toFixed(2)} ms`);
  const rows = selfTimes
    .slice(0, SHOWN)
    .map(({ name, us }) => [name, `${(us / count).toFixed(0)} µs`]);
  markdown(["function", "of each"], rows);
}
