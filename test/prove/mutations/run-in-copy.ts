import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

export type Run = {
  passed: number;
  /** The first test that failed; null when none did. */
  failed: { file: string; test: string } | null;
};

const MAX_FILE_MS = 180_000;

/**
 * Runs test files in a copy of the repository, up to the first test that fails. Throws when no verdict
 * comes of it: a file that cannot be loaded, an error outside all tests, a run that does not end.
 */
export async function runInCopy(folder: string, files: readonly string[]): Promise<Run> {
  const path = join(folder, "report.json");
  const options = ["--bail=1", "--maxWorkers=1", "--reporter=json", `--outputFile=${path}`];
  const vitest = spawn(
    join(folder, "node_modules/.bin/vitest"),
    ["run", "--config", "test/vitest.config.ts", ...options, ...files],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"], timeout: MAX_FILE_MS * files.length },
  );
  let said = "";
  for (const stream of [vitest.stdout, vitest.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
  }
  const [code] = await once(vitest, "close");
  const run = read(path, folder);
  if (
    run === null ||
    (run.failed === null) !== (code === 0) ||
    run.passed + Number(run.failed !== null) === 0
  ) {
    throw new Error(`no verdict of ${files.join(" ")} (exit code ${code}):\n${said.slice(-4_000)}`);
  }
  return run;
}

function read(path: string, folder: string): Run | null {
  try {
    const { testResults } = report.parse(JSON.parse(readFileSync(path, "utf8")));
    rmSync(path);
    const tests = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, status }) => ({
        file: name.replace(`${folder}/`, ""),
        test: fullName,
        status,
      })),
    );
    const failed = tests.find(({ status }) => status === "failed");
    return {
      passed: tests.filter(({ status }) => status === "passed").length,
      failed: failed === undefined ? null : { file: failed.file, test: failed.test },
    };
  } catch {
    return null;
  }
}
