import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BenchWorker,
  DG_TOKEN,
  HEAP_MIB,
  PASSWORD,
  startFloor,
  startHono,
  startOurs,
  USER,
} from "../worker.ts";

export type ReceiverName = "ours" | "floor" | "native" | "hono" | "express";

export type Receiver = {
  /** Where the callback of an id is posted. */
  at: (id: string) => URL;
  credential: object;
  pid: number;
  stop: () => Promise<unknown>;
};

const SETTINGS = { heapMib: HEAP_MIB };
const BASIC = { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` };

const onWorkerd = ({ url, pid, stop }: BenchWorker, credential: object): Receiver => ({
  at: (id) => new URL(`/hook?id=${id}`, url),
  credential,
  pid,
  stop,
});

/** Every receiver that is compared, each a process of its own. */
export async function startReceivers(script: string): Promise<Record<ReceiverName, Receiver>> {
  return {
    ours: onWorkerd(await startOurs(script, SETTINGS), BASIC),
    floor: onWorkerd(await startFloor("buffer-put-send", SETTINGS), BASIC),
    native: onWorkerd(await startFloor("native", SETTINGS), BASIC),
    hono: onWorkerd(await startHono(SETTINGS), { "dg-token": DG_TOKEN }),
    express: await startExpress(),
  };
}

async function startExpress(): Promise<Receiver> {
  const folder = mkdtempSync(join(tmpdir(), "bench-express-"));
  const entry = fileURLToPath(new URL("durable-express.ts", import.meta.url));
  const child = spawn(process.execPath, [entry, folder, USER, PASSWORD], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(child.stdout, "data");
  return {
    at: () => new URL(`http://127.0.0.1:${String(port).trim()}/hook`),
    credential: BASIC,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill();
      await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
