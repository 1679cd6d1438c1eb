import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readBare } from "../http.ts";
import { markdown } from "../markdown.ts";
import { heading, inMs, note, target } from "../print.ts";
import { median, sideBySide } from "../rounds.ts";
import { type BenchWorker, startFloor, startHono, startOurs, withBundle } from "../worker.ts";

const DEFAULT_ROUNDS = 7;
const MAX_GZIP_KIB = 150;
const MAX_STARTUP_MS = 50;
const PROFILES = 3;
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The size of the bundle, the time its script takes to start, and the first answer of a workerd. */
export async function startup([rounds]: string[]): Promise<void> {
  const times = Number(rounds ?? DEFAULT_ROUNDS);
  await withBundle(async (script) => {
    heading("Start");
    const profiles = Array.from({ length: PROFILES }, checkedStartup);
    const gzipKib = profiles[0]?.gzipKib ?? Number.NaN;
    const activeMs = median(profiles.map((one) => one.activeMs));
    const first = (open: () => Promise<BenchWorker>, path: string) => async () => {
      const started = performance.now();
      const worker = await open();
      const answer = await readBare(new URL(path, worker.url));
      const ms = performance.now() - started;
      await worker.stop();
      if (answer.status >= 500) throw new Error(`${worker.name} answered ${answer.status}`);
      return ms;
    };
    const ms = await sideBySide(times, {
      ours: first(() => startOurs(script, { migrate: false }), "/v1/transcripts/x"),
      floor: first(() => startFloor("bare-get"), "/?id=x"),
      hono: first(() => startHono(), "/transcripts/x"),
    });
    markdown(
      ["", "ours", "Hono in a hurry", "floor"],
      [["workerd to its first answer", inMs(ms.ours), inMs(ms.hono), inMs(ms.floor)]],
    );
    markdown(
      ["", ""],
      [
        ["bundle, gzip", `${gzipKib.toFixed(1)} KiB`],
        ["script at its start, active", inMs(activeMs)],
      ],
    );
    note(
      "The script's start: `wrangler check startup`, the median of three. The first answer: with",
    );
    note("Miniflare's own start, which is the same for all; the difference to the floor is ours.");
    target(gzipKib <= MAX_GZIP_KIB, `bundle ≤ ${MAX_GZIP_KIB} KiB`);
    target(activeMs <= MAX_STARTUP_MS, `start-up ≤ ${MAX_STARTUP_MS} ms`);
  });
}

/** What `wrangler check startup` says of the Worker as it is deployed. */
function checkedStartup(): { gzipKib: number; activeMs: number } {
  const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
  try {
    const { stdout, stderr } = spawnSync(
      "wrangler",
      ["check", "startup", "--outfile", join(folder, "startup.cpuprofile")],
      { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: "false" }, encoding: "utf8" },
    );
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
    const measured = {
      gzipKib: number(/gzip: ([\d.]+) KiB/),
      activeMs: number(/Active: ([\d.]+) ms/),
    };
    if (Number.isNaN(measured.gzipKib + measured.activeMs)) {
      throw new Error(`wrangler check startup said:\n${stdout}${stderr}`);
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
