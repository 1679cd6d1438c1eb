import { compare } from "../../../conformance/compare.ts";
import { comparison, reasons } from "../../../conformance/report.ts";
import { passes } from "../../../conformance/run.ts";
import { SCENARIOS } from "../../../conformance/scenarios.ts";
import type { Part } from "../part.ts";

/** `npm run conformance -- --peers`, written down. */
export const conformance: Part = {
  name: "conformance",
  prove: async () => {
    const columns = await compare(SCENARIOS);
    const why = columns
      .filter(({ results }) => !passes(results))
      .map(({ name, results }) => `What ${name} did not pass:\n\n${reasons(results)}`);
    const section = [
      "## Conformance",
      "The duties of a receiver of Deepgram's callbacks, against this Worker by `npm start` and the two receivers of `test/peers`, over HTTP and from outside. `npm run conformance -- --help` runs them against any receiver. What Deepgram's documentation says is in our words, with its page; the rest was captured from the live service or is inferred. To pass `kept-before-2xx` is no proof: it only finds a receiver whose answer a read can overtake. That ours keeps before it answers is proved by the loss matrix and the kill test.",
      comparison(columns),
      ...why,
    ].join("\n\n");
    return { section, holds: passes(columns[0]?.results ?? []) };
  },
};
