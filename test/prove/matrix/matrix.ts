import type { Part } from "../part.ts";
import { runTests, type TestResult } from "../run-tests.ts";

const FILE = "test/matrix/matrix.test.ts";

/** Every fault point × every kind of callback, by test/matrix. */
export const matrix: Part = {
  name: "matrix",
  prove: async () => {
    const results = runTests([FILE]);
    const failed = results.filter(({ passed }) => !passed);
    const section = [
      "## Loss matrix",
      `Each cell is a test of \`${FILE}\`, named by its row and its column: one callback, delivered by Deepgram with its retries while the fault lasts for the first attempt, then followed up to the end. In each: a 2xx is only answered when what it promises can be read, byte for byte, from then on; what is not acknowledged is acknowledged once the fault is over; every answer comes within ten seconds; each notification reaches its receiver once and the status says so; the catalogue knows the request; nothing is left in the spool, the outbox or the dead letters; and of what is unverified nothing is stored. "Dies at each step" is a test for every operation on R2 and the queue, before and after it. ${results.length} cells, ${failed.length} failed.`,
      table(results),
      ...failed.map(({ path, message }) => `- ${path.join(" × ")}: ${message.split("\n")[0]}`),
    ].join("\n\n");
    return { section, holds: failed.length === 0 && results.length > 0 };
  },
};

function table(results: readonly TestResult[]): string {
  const faults = [...new Set(results.map(({ path: [fault = ""] }) => fault))];
  const kinds = [...new Set(results.map(({ path }) => path.at(-1) ?? ""))];
  const cell = (fault: string, kind: string) => {
    const found = results.find(({ path }) => path[0] === fault && path.at(-1) === kind);
    return found === undefined ? "" : found.passed ? "holds" : "**FAILS**";
  };
  return [
    `| fault | ${kinds.join(" | ")} |`,
    `|---|${"---|".repeat(kinds.length)}`,
    ...faults.map(
      (fault) => `| ${fault} | ${kinds.map((kind) => cell(fault, kind)).join(" | ")} |`,
    ),
  ].join("\n");
}
