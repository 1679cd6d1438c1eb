import type { Part, Proof } from "./part.ts";
import { runTests, type TestResult } from "./run-tests.ts";

type ByTests = {
  name: string;
  heading: string;
  /** What is shown, and how. */
  text: string;
  /** Filters of vitest. */
  files: string[];
};

/** A part that holds when all tests of some files pass in their long form, each of which is a row. */
export const byTests = ({ name, heading, text, files }: ByTests): Part => ({
  name,
  prove: async () => proofOf(heading, text, runTests(files)),
});

function proofOf(heading: string, text: string, results: TestResult[]): Proof {
  const failed = results.filter(({ passed }) => !passed);
  const rows = results.map(
    ({ path, file, passed, ms }) =>
      `| ${path.join(" ").replaceAll("|", "/")} | ${file} | ${passed ? "holds" : "**FAILS**"} | ${(ms / 1_000).toFixed(1)} |`,
  );
  const reasons = failed.map(({ message }) => `- ${message.split("\n").slice(0, 3).join(" ")}`);
  const section = [
    `## ${heading}`,
    `${text} ${results.length} tests, ${failed.length} failed.`,
    ["| what | test | result | seconds |\n|---|---|---|---:|", ...rows].join("\n"),
    ...(reasons.length > 0 ? [reasons.join("\n")] : []),
  ].join("\n\n");
  return { section, holds: failed.length === 0 && results.length > 0 };
}
