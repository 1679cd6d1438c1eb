import { type Callback, callbacksOf } from "../bodies.ts";
import { posted } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note, target } from "../print.ts";
import { cpuMs } from "../processes.ts";
import { median, percentile, sideBySide } from "../rounds.ts";
import { withBundle } from "../worker.ts";
import { type Receiver, type ReceiverName, startReceivers } from "./receivers.ts";

const MIN_RATIO = 0.85;
const DEFAULT_ROUNDS = 5;
const WIDTH = 8;
/** Callbacks one by one in each round, and as many at `WIDTH` at once, by their size in bytes. */
const COUNTS = new Map([
  [2_000, 160],
  [20_000, 120],
  [200_000, 48],
  [1_000_000, 16],
]);
const NAMES: Record<ReceiverName, string> = {
  ours: "deepgram-edge-receiver",
  floor: "floor",
  native: "same promise, native calls",
  hono: "Hono in a hurry",
  express: "Express, fsync",
};

/** The time of the floor through that of a receiver. */
type Ratios = { alone: number; atOnce: number };

type Measured = {
  /** Of each callback that was sent alone, in milliseconds. */
  alone: number[];
  /** Milliseconds of workerd or node, of all callbacks. */
  cpuMs: number;
};

/** Callbacks of four sizes, ours beside four others; `parts[0]` is the number of rounds. */
export async function callbacks([rounds]: string[]): Promise<void> {
  await withBundle(async (script) => {
    const receivers = await startReceivers(script);
    heading("Callbacks");
    const rows: string[][] = [];
    const ratios: Ratios[] = [];
    try {
      for (const [bytes, count] of COUNTS) {
        const { lines, ratios: its } = await compare(
          receivers,
          { bytes, count },
          Number(rounds ?? DEFAULT_ROUNDS),
        );
        rows.push(...lines);
        ratios.push(its);
      }
    } finally {
      await Promise.all(Object.values(receivers).map(({ stop }) => stop()));
    }
    const ofFloor = ["of the floor, one by one", `of the floor, ${WIDTH} at once`];
    markdown(["", "", "p50", "p99", `${WIDTH} at once`, ...ofFloor, "CPU of a callback"], rows);
    note(
      "p50, p99: milliseconds to the answer, one by one. Of the floor: its time for a callback (one",
    );
    note(
      "by one its p50) through that of the receiver. CPU: workerd with its simulators, or node.",
    );
    note(
      "Native calls: the floor, with a digest that R2 checks, JSON.parse and a conditional put; it",
    );
    note(
      "verifies nobody, and masks and counts nothing. `npm run bench -- profile` shows the rest.",
    );
    note(
      "The Worker written in a hurry answers before anything is stored; Express here only after.",
    );
    judge(
      "one by one",
      ratios.map(({ alone }) => alone),
    );
    judge(
      `${WIDTH} at once`,
      ratios.map(({ atOnce }) => atOnce),
    );
  });
}

const judge = (how: string, ratios: number[]): void =>
  target(
    ratios.every((ratio) => ratio >= MIN_RATIO),
    `of the floor ≥ ${MIN_RATIO}, ${how}: ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}`,
  );

async function compare(
  receivers: Record<ReceiverName, Receiver>,
  { bytes, count }: { bytes: number; count: number },
  rounds: number,
): Promise<{ lines: string[][]; ratios: Ratios }> {
  const next = callbacksOf(bytes);
  const names = Object.keys(receivers) as ReceiverName[];
  const empty = (): Measured => ({ alone: [], cpuMs: 0 });
  const measured: Record<ReceiverName, Measured> = {
    ours: empty(),
    floor: empty(),
    native: empty(),
    hono: empty(),
    express: empty(),
  };
  // What is compiled on first use is not what is asked here.
  for (const receiver of Object.values(receivers)) await atOnce(receiver, next, count);
  const round = (name: ReceiverName) => async () => {
    const receiver = receivers[name];
    const { alone } = measured[name];
    const before = cpuMs(receiver.pid);
    for (let nth = 0; nth < count; nth++) alone.push(await postedTo(receiver, next()));
    const ms = await atOnce(receiver, next, count);
    measured[name].cpuMs += cpuMs(receiver.pid) - before;
    return ms;
  };
  const ms = await sideBySide(rounds, {
    ours: round("ours"),
    floor: round("floor"),
    native: round("native"),
    hono: round("hono"),
    express: round("express"),
  });
  const ratiosOf = (name: ReceiverName): Ratios => ({
    alone: median(measured.floor.alone) / median(measured[name].alone),
    atOnce: ms.floor / ms[name],
  });
  const lines = names.map((name) => {
    const ratios = ratiosOf(name);
    const { alone, cpuMs: cpu } = measured[name];
    return [
      `${bytes / 1_000} KB`,
      NAMES[name],
      ...[inMs(median(alone)), inMs(percentile(alone, 99)), `${(1_000 / ms[name]).toFixed(0)}/s`],
      ...[ratios.alone.toFixed(2), ratios.atOnce.toFixed(2), inMs(cpu / (2 * count * rounds))],
    ];
  });
  return { lines, ratios: ratiosOf("ours") };
}

const postedTo = async ({ at, credential }: Receiver, callback: Callback): Promise<number> =>
  (await posted(at(callback.id), callback, credential)).ms;

/** Posts `count` callbacks, `WIDTH` at once; gives the milliseconds for each. */
async function atOnce(receiver: Receiver, next: () => Callback, count: number): Promise<number> {
  let left = count;
  const started = performance.now();
  const lane = async () => {
    while (left-- > 0) await postedTo(receiver, next());
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  return (performance.now() - started) / count;
}
