import { callbacksOf } from "../bodies.ts";
import { type Answer, readTranscript, stored } from "../http.ts";
import { heading, inMb, inMs, note, table } from "../print.ts";
import { median } from "../rounds.ts";
import { type BenchWorker, consume, HEAP_MIB, startOurs } from "../worker.ts";

const SIZES = [1_000_000, 95_000_000];
const SUFFIXES = [".vtt", ".jsonl", ".json", "/status"];
const ROUNDS = 7;

type Figures = { firstByteMs: number[]; ms: number[] };

/** How long a reader waits for the first byte of a small and of a large transcript. */
export async function firstByte(script: string): Promise<void> {
  heading(`First byte of an answer: median of ${ROUNDS}, the segments of 95 MB kept`);
  const ours = await startOurs(script, { heapMib: HEAP_MIB });
  const ids: string[] = [];
  for (const bytes of SIZES) {
    const callback = callbacksOf(bytes)();
    await stored(ours, callback);
    await consume(ours, callback.id);
    ids.push(callback.id);
  }
  const rows: string[][] = [];
  for (const suffix of SUFFIXES) rows.push(await row(ours, ids, suffix));
  const columns = SIZES.flatMap((bytes) => [`${inMb(bytes)}: first byte`, "last byte"]);
  table([["", ...columns, "95 MB / 1 MB"], ...rows]);
  note("A large answer begins when 64 KB of it are made; a small one when all of it is made.");
  await ours.stop();
}

async function row(ours: BenchWorker, ids: string[], suffix: string): Promise<string[]> {
  const figures = ids.map((): Figures => ({ firstByteMs: [], ms: [] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [nth, id] of ids.entries()) {
      const answer: Answer = await readTranscript(ours, id, suffix);
      figures[nth]?.firstByteMs.push(answer.firstByteMs);
      figures[nth]?.ms.push(answer.ms);
    }
  }
  const [small = Number.NaN, large = Number.NaN] = figures.map((each) => median(each.firstByteMs));
  const cells = figures.flatMap((each) => [inMs(median(each.firstByteMs)), inMs(median(each.ms))]);
  return [suffix, ...cells, (large / small).toFixed(1)];
}
