import { callbacksOf } from "../bodies.ts";
import { deliver, read, stored } from "../http.ts";
import { heading, inMb, inMs, note, table } from "../print.ts";
import { cpuMs } from "../processes.ts";
import { sideBySide } from "../rounds.ts";
import { HEAP_MIB, startFloor, startOurs } from "../worker.ts";

const BYTES = 95_000_000;
const ROUNDS = 5;

/** Throughput of a callback of 95 MB beside the least that could be done with it. */
export async function largeLane(script: string): Promise<void> {
  heading(`Throughput at ${inMb(BYTES)}: median of ${ROUNDS}`);
  const next = callbacksOf(BYTES);
  const ours = await startOurs(script, { heapMib: HEAP_MIB });
  const bare = await startFloor("bare-put", { heapMib: HEAP_MIB });
  // JSON.parse dies of the limit that the others are held to.
  const parse = await startFloor("json-parse");
  const workers = { ours, bare, parse };
  await deliver(parse, next());
  const cpu: Record<keyof typeof workers, number> = { ours: 0, bare: 0, parse: 0 };
  const timed = async (name: keyof typeof workers) => {
    const before = cpuMs(workers[name].pid);
    const { ms } = await (name === "parse" ? read(parse, "/") : stored(workers[name], next()));
    cpu[name] += (cpuMs(workers[name].pid) - before) / ROUNDS;
    return ms;
  };
  const times = await sideBySide(ROUNDS, {
    ours: () => timed("ours"),
    bare: () => timed("bare"),
    parse: () => timed("parse"),
  });
  const row = (what: string, name: keyof typeof workers) => [
    what,
    inMs(times[name]),
    `${(BYTES / 1_000 / times[name]).toFixed(1)} MB/s`,
    (times.ours / times[name]).toFixed(2),
    inMs(cpu[name]),
  ];
  table([
    ["", "time", "throughput", "throughput / ours", "processor"],
    row("ours, the large lane", "ours"),
    row("bare R2.put(request.body)", "bare"),
    row("JSON.parse alone, no limit", "parse"),
  ]);
  note("Ours writes the body once, and digests and scans it on its way.");
  await Promise.all(Object.values(workers).map(({ stop }) => stop()));
}
