import type { Part } from "../part.ts";
import { runTests, type TestResult } from "../run-tests.ts";

const FILE = "test/proof/matrix/matrix.test.ts";
const LARGE_BODIES = "test/proof/matrix/large-bodies.test.ts";

/** Every fault point × every kind of callback, and every step of large bodies, by test/proof/matrix. */
export const matrix: Part = {
  name: "matrix",
  prove: async () => {
    const results = runTests([FILE]);
    const large = runTests([LARGE_BODIES]);
    const failed = [...results, ...large].filter(({ passed }) => !passed);
    const section = [
      "## Loss matrix",
      `Each cell is a test of \`${FILE}\`, named by its row and its column: one callback, delivered by Deepgram with its retries, then followed up to the end by a webhook and an SMS. A fault of receiving lasts for the first delivery. One of following up is met once by the messages of callbacks, and then, from its beginning, once by those of effects. In each: a 2xx is only answered when what it promises can be read, byte for byte, from then on until the end; what is not acknowledged is acknowledged once the fault is over; every answer comes within ten seconds, and every batch of the queue ends within fifteen minutes on a clock that is played; each notification reaches its receiver and the status says so; the catalogue knows the request; nothing is left in the outbox, the dead letters, or of a large body that nothing names, and none is gone that something names; and of what is unverified nothing is stored. The webhook is notified exactly once, and again under the same id only where the sender died or could not record it; the SMS, which nobody can recognize, is sent once, or it is \`uncertain\`, is at most sent once and waits among the dead letters. ${results.length + large.length} cells, ${failed.length} failed.`,
      'Where a row says "dies at each step", its cell plays the callback for every operation on R2, the queue, D1 and KV, and for every call of a receiver, dying before it and after it. "Unheard" and "lost": it was done, and the answer did not come. "Deployed": module state is new, every secret is rotated, and, in between, the follow-ups are planned no longer and messages have the form of an earlier version. Of "a copy" and "other bytes" the message of the first delivery was lost. "After the deletion" is a copy of what was deleted; the deletion broke off after its tombstone, so that its message has all the rest to erase, and effects that were planned before must not happen. "Message of a stream" is a final, whose faults of receiving are those of its Durable Object too; the terminal message and the end of the stream meet none, and that the Durable Object dies is left to `test/integration/live`.',
      "– : left out, since it could not fail. A refused or unmatched callback has no follow-ups, and a refused one has no retry to be deployed before.",
      table(results),
      `The steps of a large body, by \`${LARGE_BODIES}\`. A row's operation goes wrong in the first attempt: it is refused; refused once with 429; does not answer; is done and not heard of; is done only when the retry was answered; or the Worker dies before or after it. Then the clock moves on by two hours, and the sweeper runs. – : the kind has no such step.`,
      table(large),
      ...failed.map(({ path, message }) => `- ${path.join(" × ")}: ${message.split("\n")[0]}`),
    ].join("\n\n");
    return { section, holds: failed.length === 0 && results.length > 0 && large.length > 0 };
  },
};

function table(results: readonly TestResult[]): string {
  const faults = [...new Set(results.map(({ path: [fault = ""] }) => fault))];
  const kinds = [...new Set(results.map(({ path }) => path.at(-1) ?? ""))];
  const cell = (fault: string, kind: string) => {
    const found = results.find(({ path }) => path[0] === fault && path.at(-1) === kind);
    return found === undefined ? "–" : found.passed ? "holds" : "**FAILS**";
  };
  return [
    `| fault | ${kinds.join(" | ")} |`,
    `|---|${"---|".repeat(kinds.length)}`,
    ...faults.map(
      (fault) => `| ${fault} | ${kinds.map((kind) => cell(fault, kind)).join(" | ")} |`,
    ),
  ].join("\n");
}
