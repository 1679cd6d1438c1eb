import { webvtt } from "@deepgram/captions";
import { vtt } from "../../../src/transcript/captions/captions.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import { listenBody } from "../../support/bodies.ts";
import { callbacksOf } from "../bodies.ts";
import { posted, readBare, readTranscript, stored } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note, target } from "../print.ts";
import { sideBySide } from "../rounds.ts";
import { type BenchWorker, HEAP_MIB, startFloor, startOurs, withBundle } from "../worker.ts";

const DEFAULT_ROUNDS = 7;
const MIN_RATIO = 0.9;
const SETTINGS = { heapMib: HEAP_MIB };
/** Reads in each round, by the size of the transcript in bytes. */
const COUNTS = new Map([
  [2_000, 200],
  [20_000, 200],
  [200_000, 80],
  [1_000_000, 32],
  [10_000_000, 6],
]);
const WORDS = [3_000, 30_000, 100_000];
/** In each round, by as many renderings as it takes. */
const RENDERED_WORDS = 200_000;

/** Reading as it came, beside a bare `R2.get`; WebVTT, beside `@deepgram/captions`. */
export async function reads([rounds]: string[]): Promise<void> {
  const times = Number(rounds ?? DEFAULT_ROUNDS);
  await withBundle(async (script) => {
    heading("Reading as it came");
    const ours = await startOurs(script, SETTINGS);
    const unlimited = await startOurs(script, { ...SETTINGS, limit: false });
    const floor = await startFloor("bare-get", SETTINGS);
    const rows: string[][] = [];
    const ratios: Record<"ours" | "unlimited", number[]> = { ours: [], unlimited: [] };
    for (const [bytes, count] of COUNTS) {
      const ms = await compareRaw({ ours, unlimited, floor }, { bytes, count, rounds: times });
      ratios.ours.push(ms.floor / ms.ours);
      ratios.unlimited.push(ms.floor / ms.unlimited);
      rows.push([
        `${bytes / 1_000} KB`,
        ...[inMs(ms.ours), inMs(ms.unlimited), inMs(ms.floor)],
        ...[(ms.floor / ms.ours).toFixed(2), (ms.floor / ms.unlimited).toFixed(2)],
      ]);
    }
    markdown(
      ["", "ours", "ours, limiter aside", "bare R2.get", "bare / ours", "limiter aside"],
      rows,
    );
    note("Limiter aside: without Miniflare's simulator of the rate limit, another service that is");
    note("asked by a request; Cloudflare keeps the count on the machine that the Worker runs on:");
    note("https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/#performance");
    judge("as it is", ratios.ours);
    judge("limiter aside", ratios.unlimited);
    await Promise.all([ours.stop(), unlimited.stop(), floor.stop()]);
    await captions(times);
  });
}

const judge = (how: string, ratios: number[]): void =>
  target(
    ratios.every((ratio) => ratio >= MIN_RATIO),
    `bare / ours ≥ ${MIN_RATIO}, ${how}: ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}`,
  );

async function compareRaw(
  { ours, unlimited, floor }: Record<"ours" | "unlimited" | "floor", BenchWorker>,
  { bytes, count, rounds }: { bytes: number; count: number; rounds: number },
) {
  const callback = callbacksOf(bytes)();
  const bare = new URL(`/?id=${callback.id}`, floor.url);
  await stored(ours, callback);
  await stored(unlimited, callback);
  await posted(bare, callback, {});
  const many = (read: () => Promise<{ status: number; bytes: number }>) => async () => {
    const started = performance.now();
    for (let nth = 0; nth < count; nth++) {
      const answer = await read();
      if (answer.status !== 200 || answer.bytes !== bytes) throw new Error("not what was stored");
    }
    return (performance.now() - started) / count;
  };
  const contenders = {
    ours: many(() => readTranscript(ours, callback.id, "")),
    unlimited: many(() => readTranscript(unlimited, callback.id, "")),
    floor: many(() => readBare(bare)),
  };
  for (const contender of Object.values(contenders)) await contender();
  return sideBySide(rounds, contenders);
}

async function captions(rounds: number): Promise<void> {
  heading("WebVTT of a parsed body, in node");
  const rows: string[][] = [];
  let isFaster = true;
  for (const words of WORDS) {
    const body = listenBody({ words, utterances: true, punctuate: true, diarize: true });
    const bytes = JSON.stringify(body).length;
    const times = Math.ceil(RENDERED_WORDS / words);
    const timed = (render: () => unknown) => async () => {
      const started = performance.now();
      for (let time = 0; time < times; time++) await render();
      return (performance.now() - started) / times;
    };
    const contenders = {
      ours: timed(() => Array.fromAsync(vtt(segments(body)))),
      theirs: timed(() => webvtt(body)),
    };
    // What is compiled while it runs is not what is asked here.
    for (const contender of Object.values(contenders)) await contender();
    const ms = await sideBySide(rounds, contenders);
    isFaster &&= ms.ours < ms.theirs;
    const speed = (took: number) => `${(bytes / took / 1_000).toFixed(0)} MB/s`;
    rows.push([
      `${words.toLocaleString("en-US")} words`,
      ...[inMs(ms.ours), inMs(ms.theirs), speed(ms.ours), speed(ms.theirs)],
      (ms.theirs / ms.ours).toFixed(2),
    ]);
  }
  markdown(["", "ours", "@deepgram/captions", "ours", "@deepgram/captions", "theirs / ours"], rows);
  note(
    "Ours also breaks lines at 42 columns, keeps to a reading speed, and joins and splits cues.",
  );
  target(isFaster, "faster than @deepgram/captions");
}
