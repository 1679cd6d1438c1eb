import type { BenchWorker } from "../worker.ts";

export type SelfTime = { name: string; us: number };

type Profile = {
  nodes: { id: number; callFrame: { functionName: string } }[];
  /** Ids of nodes, and microseconds since the sample before. */
  samples: number[];
  timeDeltas: number[];
};

const INTERVAL_US = 100;

/**
 * Profiles the Worker's own isolate through the inspector; `stop` gives the time spent in each function
 * itself, the longest first.
 * https://chromedevtools.github.io/devtools-protocol/tot/Profiler/
 */
export async function profiler({
  miniflare,
  name,
}: BenchWorker): Promise<{ stop: () => Promise<SelfTime[]> }> {
  const { host } = await miniflare.getInspectorURL();
  const socket = new WebSocket(`ws://${host}/core:user:${name}`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let id = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
    waiting.get(answer.id ?? 0)?.(answer.result);
  };
  const call = (method: string, params = {}): Promise<unknown> => {
    const asked = new Promise((resolve) => waiting.set(++id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    return asked;
  };
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: INTERVAL_US });
  await call("Profiler.start");
  return {
    stop: async () => {
      const { profile } = (await call("Profiler.stop")) as { profile: Profile };
      socket.close();
      return selfTimes(profile);
    },
  };
}

function selfTimes({ nodes, samples, timeDeltas }: Profile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const us = new Map<string, number>();
  samples.forEach((id, at) => {
    const name = names.get(id) || "(anonymous)";
    us.set(name, (us.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  });
  return [...us].map(([name, time]) => ({ name, us: time })).sort((a, b) => b.us - a.us);
}
