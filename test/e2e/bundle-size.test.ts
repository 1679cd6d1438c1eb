import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const MAX_GZIP_KIB = 168;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

it(`what is deployed has at most ${MAX_GZIP_KIB} KiB in gzip`, () => {
  const folder = mkdtempSync(join(tmpdir(), "bundle-size-"));
  try {
    const { stdout, stderr } = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", folder], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
      encoding: "utf8",
    });
    const [, gzipKib] = /gzip: ([\d.]+) KiB/.exec(stdout) ?? [];
    expect(gzipKib, stdout + stderr).toBeDefined();
    expect(Number(gzipKib)).toBeLessThanOrEqual(MAX_GZIP_KIB);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
