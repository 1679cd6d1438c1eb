import { setTimeout as sleep } from "node:timers/promises";
import type { BenchWorker } from "./worker.ts";

type HeapUsage = { usedSize: number; backingStorageSize?: number };

export type IsolateGauge = {
  /** The most that was seen while `work` ran, in bytes. */
  peakDuring: (work: () => Promise<unknown>) => Promise<number>;
  close: () => void;
};

const EVERY_MS = 10;
const ANSWER_WITHIN_MS = 10_000;

/**
 * Watches what the Worker's own isolate holds: its heap, garbage not yet collected included, and its
 * array buffers. This is what the 128 MB of an isolate are about. It is asked for every 10 ms through
 * the inspector, which answers between two turns of the isolate.
 */
export async function gaugeIsolate({ miniflare, name }: BenchWorker): Promise<IsolateGauge> {
  const { host } = await miniflare.getInspectorURL();
  const socket = new WebSocket(`ws://${host}/core:user:${name}`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let peak = 0;
  let answers = 0;
  let asking: ReturnType<typeof setTimeout> | undefined;
  const ask = () => socket.send(JSON.stringify({ id: answers, method: "Runtime.getHeapUsage" }));
  socket.onmessage = ({ data }) => {
    const usage = (JSON.parse(String(data)) as { result?: HeapUsage }).result;
    if (usage?.usedSize === undefined) return;
    peak = Math.max(peak, usage.usedSize + (usage.backingStorageSize ?? 0));
    answers++;
    asking = setTimeout(ask, EVERY_MS);
  };
  ask();
  const peakDuring = async (work: () => Promise<unknown>) => {
    const before = answers;
    const deadline = Date.now() + ANSWER_WITHIN_MS;
    peak = 0;
    await work();
    while (answers === before && Date.now() < deadline) await sleep(EVERY_MS);
    return answers === before ? Number.NaN : peak;
  };
  const close = () => {
    clearTimeout(asking);
    socket.close();
  };
  return { peakDuring, close };
}
