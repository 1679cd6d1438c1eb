import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { note } from "../print.ts";
import { bundle } from "../worker.ts";
import { firstByte } from "./first-byte.ts";
import { largeLane } from "./large-lane.ts";
import { memory } from "./memory.ts";
import { smallLane } from "./small-lane.ts";
import { survival } from "./survival.ts";
import { unverified } from "./unverified.ts";

const PARTS: Record<string, (script: string) => Promise<void>> = {
  survival,
  memory,
  "large-lane": largeLane,
  "small-lane": smallLane,
  "first-byte": firstByte,
  unverified,
};

/** Callbacks of any size in an isolate of 128 MB: all parts, or those that are named. */
export async function size(names: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edge-receiver-bench-"));
  try {
    note(
      `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}; 1 MB = 10^6 bytes`,
    );
    note(
      "Miniflare alone, without the proxy of wrangler dev; its R2, D1 and queues are simulators",
    );
    note("that run in the same workerd process and take their share of its time and memory.");
    const script = bundle(folder);
    for (const [name, part] of Object.entries(PARTS)) {
      if (names.length === 0 || names.includes(name)) await part(script);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
