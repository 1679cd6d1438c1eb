import { readdirSync, readFileSync, writeFileSync } from "node:fs";

// What Linux tells of processes; elsewhere there is nothing to see.

/** The workerd processes that `ancestor` has started, itself or through others, in order of age. */
export function workerdPids(ancestor = process.pid): number[] {
  const parents = new Map<number, { name: string; parent: number }>();
  for (const pid of readdirOr("/proc").map(Number).filter(Number.isInteger)) {
    const [, name = "", parent = "0"] =
      /\((.*)\) [^Z] (\d+)/.exec(readOr(`/proc/${pid}/stat`)) ?? [];
    parents.set(pid, { name, parent: Number(parent) });
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)?.parent;
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  const pids = [...parents.keys()].filter((pid) => parents.get(pid)?.name === "workerd");
  return pids.filter(isBelow).sort((a, b) => a - b);
}

/** Memory that is resident, in bytes: now, and at the most since the start or `forgetPeak`. */
export function residentBytes(pid: number): { now: number; peak: number } {
  const status = readOr(`/proc/${pid}/status`);
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) * 1024;
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Processor time that was used so far, in milliseconds. */
export function cpuMs(pid: number): number {
  const [, user, system] = /\) \S (?:\S+ ){10}(\d+) (\d+)/.exec(readOr(`/proc/${pid}/stat`)) ?? [];
  const TICK_MS = 10;
  return (Number(user) + Number(system)) * TICK_MS;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readdirOr(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
