import { byTests } from "../by-tests.ts";

/** Whatever is done in whatever order, against a plain map; and races, by schedule. */
export const model = byTests({
  name: "model",
  heading: "Model and races",
  text: `\`test/proof/model\` does what fast-check chooses, in the order that it chooses, through the Worker's own doors: callbacks small and large, copies, conflicts, error bodies, callbacks without a valid credential, deletions, follow-ups asked for and retried, requests expected and overdue, the queue worked off shuffled and doubled, receivers and consumers that die at any operation on R2 and the queue, the queue away or giving up, redrives, rotated credentials, receivers that fail. After each command the request says what a plain map says; when all is worked off so do lists, search, conflicts and effects, and every receiver was notified exactly once for each time that it was asked for. \`test/proof/races\` has deliveries, deletions and consumers run at once, and fast-check choose which of their operations on R2 and the queue comes next. In \`test/proof/model/owners.test.ts\` two tokens with any scopes register, submit, stream over POST and WebSockets, delete and share, in any order, and neither changes, reads or fails what is the other's.`,
  files: ["test/proof/model/", "test/proof/races/"],
});
