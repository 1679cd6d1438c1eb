import type { Part } from "../part.ts";
import { runTests } from "../run-tests.ts";

/** Whatever is done in whatever order, against a plain map, by test/model. */
export const model: Part = {
  name: "model",
  prove: async () => {
    const results = runTests(["test/model/"]);
    const failed = results.filter(({ passed }) => !passed);
    const section = [
      "## Model",
      `\`test/model\` does what fast-check chooses, in the order that it chooses, through the Worker's own doors: callbacks small and large, copies, conflicts, error bodies, callbacks without a valid credential, deletions, follow-ups asked for and retried, requests expected and overdue, the queue worked off shuffled and doubled, receivers and consumers that die at any operation on R2 and the queue, the queue away or giving up, redrives, rotated credentials, receivers that fail. After each command the request says what a plain map says; when all is worked off so do lists, search, conflicts and effects, and every receiver was told exactly once for each time that it was asked for. ${results.length} tests, ${failed.length} failed.`,
      "| what | result | seconds |\n|---|---|---|",
    ].join("\n\n");
    const rows = results.map(
      ({ path, passed, ms }) =>
        `| ${path.join(": ")} | ${passed ? "holds" : "**FAILS**"} | ${Math.round(ms / 1_000)} |`,
    );
    const reasons = failed.map(({ message }) => `- ${message.split("\n").slice(0, 3).join(" ")}`);
    return {
      section: [[section, ...rows].join("\n"), ...reasons].join("\n\n"),
      holds: failed.length === 0 && results.length > 0,
    };
  },
};
