import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** A test that failed; `why` is the first line of its message. */
export type Failure = { file: string; test: string; why: string };

const MAX_FILE_MS = 180_000;

/** A test is not to fail because the machine is busy. */
const TEST_TIMEOUT_MS = 20_000;

/**
 * Runs test files in a copy of the repository, up to the first test that fails, and gives that; null when
 * all pass. Throws when no verdict comes of it: a file that cannot be loaded, an error outside all tests,
 * a run that does not end, or is broken off by `signal`.
 */
export async function runInCopy(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Failure | null> {
  signal.throwIfAborted();
  const path = join(folder, "report.json");
  rmSync(path, { force: true });
  const options = ["--bail=1", "--maxWorkers=1", `--testTimeout=${TEST_TIMEOUT_MS}`];
  const vitest = spawn(
    join(folder, "node_modules/.bin/vitest"),
    [
      ...["run", "--config", "test/vitest.config.ts", "--mode", "all"],
      ...["--reporter=json", `--outputFile=${path}`],
      ...options,
      ...files,
    ],
    {
      cwd: folder,
      env: { ...process.env, PWD: folder },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: MAX_FILE_MS * files.length,
    },
  );
  const stop = () => vitest.kill();
  signal.addEventListener("abort", stop);
  const said: string[] = [];
  for (const stream of [vitest.stdout, vitest.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  }
  const [code] = await once(vitest, "close");
  signal.removeEventListener("abort", stop);
  const results = read(path, folder);
  const failed = results.find(({ status }) => status === "failed");
  const isVerdict = failed === undefined ? code === 0 && results.length > 0 : code === 1;
  if (!isVerdict) {
    const end = said.join("").slice(-4_000);
    throw new Error(`no verdict of ${files.join(" ")} (exit code ${code}):\n${end}`);
  }
  return failed === undefined ? null : { file: failed.file, test: failed.test, why: failed.why };
}

/** What became of each test; nothing when vitest gave no report. */
function read(path: string, folder: string): (Failure & { status: string })[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return report.parse(JSON.parse(text)).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages }) => ({
      file: name.replace(`${folder}/`, ""),
      test: fullName,
      why: failureMessages?.[0]?.split("\n")[0] ?? "",
      status,
    })),
  );
}
