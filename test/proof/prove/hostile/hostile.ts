import { byTests } from "../by-tests.ts";

/** What the platform may do on a bad day, and what still holds. */
export const hostile = byTests({
  name: "hostile",
  heading: "Hostile platform",
  text: "A KV that answers what was for a minute, an R2 that answers 429, takes nine seconds or longer than anybody waits, to callbacks, messages of callbacks and effects, a queue that delivers twice, late and in any order, a clock that jumps.",
  files: ["test/proof/hostile/"],
});
