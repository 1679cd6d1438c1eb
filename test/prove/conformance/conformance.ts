import { compare } from "../../conformance/compare.ts";
import { comparison, reasons } from "../../conformance/report.ts";
import { passes } from "../../conformance/run.ts";
import { SCENARIOS } from "../../conformance/scenarios.ts";
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
      "The duties of a receiver of Deepgram's callbacks, against this Worker by `npm start` and the two receivers of `test/peers`, over HTTP and from outside. `npm run conformance -- --help` runs them against any receiver.",
      comparison(columns),
      ...why,
    ].join("\n\n");
    return { section, holds: passes(columns[0]?.results ?? []) };
  },
};
