import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { runWorker } from "../e2e/run-worker.ts";
import type { Target } from "./receiver.ts";

export type Peer = { name: string; target: Target; stop: () => Promise<void> };

const [USER, PASSWORD, SECRET, DG_TOKEN] = ["deepgram", "peer-password", "peer-secret", "a1b2c3d4"];

const targetAt = (url: string, path: string, more: Partial<Target> = {}): Target => ({
  url: new URL("/hook", url),
  credentials: [`${USER}:${PASSWORD}`],
  secret: SECRET,
  dgToken: DG_TOKEN,
  read: `${url}${path}`,
  readHeaders: {},
  ...more,
});

/** This Worker, by `npm start`. */
export async function startOurs(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const worker = await runWorker({
    persistTo: folder,
    vars: {
      CALLBACK_CREDENTIALS: `${USER}:${PASSWORD} next:second:password`,
      CALLBACK_SECRETS: SECRET,
      API_TOKENS: "reader:read:peer-read-token",
    },
  });
  const target = targetAt(worker.url, "/v1/transcripts/{request_id}", {
    credentials: [`${USER}:${PASSWORD}`, "next:second:password"],
    readHeaders: { authorization: "Bearer peer-read-token" },
  });
  const stop = async () => {
    await worker.stop();
    rmSync(folder, { recursive: true });
  };
  return { name: "deepgram-edge-receiver", target, stop };
}

/** The receiver of the guides, a process of its own: test/peers/express. */
export async function startExpress(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const entry = fileURLToPath(new URL("../peers/express/receiver.ts", import.meta.url));
  const child = spawn(process.execPath, [entry, folder, USER, PASSWORD], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(child.stdout, "data");
  const stop = async () => {
    child.kill();
    await once(child, "exit");
    rmSync(folder, { recursive: true });
  };
  return {
    name: "Express as in guides",
    target: targetAt(`http://127.0.0.1:${String(port).trim()}`, "/transcripts/{request_id}"),
    stop,
  };
}

/** The Worker written in a hurry: test/peers/hono, on Miniflare. */
export async function startHono(): Promise<Peer> {
  const entry = fileURLToPath(new URL("../peers/hono/worker.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "hono",
      modules: [{ type: "ESModule", path: "index.js", contents: outputFiles[0]?.text ?? "" }],
      compatibilityDate: "2026-10-23",
      r2Buckets: ["BUCKET"],
      bindings: { DG_TOKEN },
      handleStructuredLogs: () => {},
    }),
  );
  const url = (await miniflare.ready).origin;
  return {
    name: "Hono in a hurry",
    target: targetAt(url, "/transcripts/{request_id}"),
    stop: () => miniflare.dispose(),
  };
}
