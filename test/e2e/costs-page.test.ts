import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

it("docs/costs.md says what it costs as npm run bench -- cost does", () => {
  const command = ["test/bench/bench.ts", "cost"];
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: "utf8" });
  expect(status).toBe(0);
  const page = readFileSync(join(ROOT, "docs/costs.md"), "utf8");
  const lines = stdout.split("\n").filter((line) => line.trim() !== "");
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(page).toContain(line.trim());
});
