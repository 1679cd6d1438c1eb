import { expect, it } from "vitest";
import {
  answerFaults,
  answerKinds,
  exampleProblems,
  hasHeader,
  headerKinds,
  kindOf,
  problemOf,
} from "./answer-faults.ts";
import { OPERATIONS } from "./documented.ts";
import * as administration from "./scenarios/administration.ts";
import * as callbacks from "./scenarios/callbacks.ts";
import * as followUps from "./scenarios/follow-ups.ts";
import * as sharing from "./scenarios/sharing.ts";
import * as submitting from "./scenarios/submitting.ts";
import * as transcripts from "./scenarios/transcripts.ts";
import * as translations from "./scenarios/translations.ts";
import * as worker from "./scenarios/worker.ts";

/** What brings about every answer of an operation, by its name. */
const SCENARIOS: Record<string, () => Promise<Response[]>> = {
  ...callbacks,
  ...submitting,
  ...transcripts,
  ...translations,
  ...followUps,
  ...sharing,
  ...administration,
  ...worker,
};

it.each(OPERATIONS)(
  "$method $path answers as documented, with every status, media type, header and problem in it",
  { timeout: 30_000 },
  async ({ operation }) => {
    const kinds = new Set<string>();
    const problems = new Set<string>();
    const unseen = new Set(headerKinds(operation));
    const faults: string[] = [];
    for (const response of await SCENARIOS[operation.operationId]!()) {
      const { status } = response;
      const isProblem = response.headers.get("content-type") === "application/problem+json";
      if (isProblem) problems.add(problemOf(await response.clone().json()));
      for (const fault of await answerFaults(operation, response))
        faults.push(`${status} ${fault}`);
      kinds.add(kindOf(operation, response));
      for (const kind of unseen) if (hasHeader(kind, operation, response)) unseen.delete(kind);
    }
    expect(faults).toEqual([]);
    expect([...unseen]).toEqual([]);
    expect([...kinds].sort()).toEqual(answerKinds(operation).sort());
    expect([...problems].sort()).toEqual([...new Set(exampleProblems(operation))].sort());
  },
);
