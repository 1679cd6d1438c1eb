import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type TestResult = {
  /** Names of the `describe`s around it, from outside, then its own. */
  path: string[];
  /** From the top of the repository. */
  file: string;
  passed: boolean;
  ms: number;
  /** Of the first failure; empty when there is none. */
  message: string;
};

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

type Assertion = {
  ancestorTitles: string[];
  title: string;
  status: string;
  duration?: number;
  failureMessages?: string[];
};

/**
 * Runs test files in their long form (`inject("isLong")`); gives what became of each test that was not
 * skipped. `files` are filters of vitest. Throws when vitest gives no report.
 */
export function runTests(files: string[]): TestResult[] {
  const folder = mkdtempSync(join(tmpdir(), "prove-"));
  const report = join(folder, "report.json");
  const { stdout, stderr } = spawnSync(
    "vitest",
    [
      "run",
      "--config",
      "test/vitest.config.ts",
      "--mode",
      "all",
      "--reporter=json",
      `--outputFile=${report}`,
      ...files,
    ],
    { cwd: ROOT, env: { ...process.env, PROVE: "long" }, encoding: "utf8", maxBuffer: 2 ** 30 },
  );
  try {
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
      testResults: { name: string; assertionResults: Assertion[] }[];
    };
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === "passed" || status === "failed")
        .map((one) => ({
          path: [...one.ancestorTitles, one.title],
          file: name.replace(ROOT, ""),
          passed: one.status === "passed",
          ms: one.duration ?? 0,
          message: one.failureMessages?.[0] ?? "",
        })),
    );
  } catch (error) {
    throw new Error(`vitest gave no report: ${error}\n${stdout}${stderr}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
