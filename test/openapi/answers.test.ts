import { expect, it } from "vitest";
import { answerFaults, exampleProblems, problemOf } from "./answer-faults.ts";
import { OPERATIONS } from "./documented.ts";
import * as administration from "./scenarios/administration.ts";
import * as callbacks from "./scenarios/callbacks.ts";
import * as followUps from "./scenarios/follow-ups.ts";
import * as transcripts from "./scenarios/transcripts.ts";
import * as translations from "./scenarios/translations.ts";
import * as worker from "./scenarios/worker.ts";

/** What brings about every answer of an operation, by its name. */
const SCENARIOS: Record<string, () => Promise<Response[]>> = {
  ...callbacks,
  ...transcripts,
  ...translations,
  ...followUps,
  ...administration,
  ...worker,
};

it.each(OPERATIONS)(
  "$method $path answers as documented, with every status and every problem that it documents",
  { timeout: 30_000 },
  async ({ operation }) => {
    const { operationId, responses } = operation;
    const statuses = new Set<string>();
    const problems = new Set<string>();
    const faults: string[] = [];
    for (const response of await SCENARIOS[operationId]!()) {
      const { status } = response;
      const isProblem = response.headers.get("content-type") === "application/problem+json";
      if (isProblem) problems.add(problemOf(await response.clone().json()));
      for (const fault of await answerFaults(operation, response))
        faults.push(`${status} ${fault}`);
      statuses.add(String(status));
    }
    expect(faults).toEqual([]);
    expect([...statuses].sort()).toEqual(Object.keys(responses).sort());
    const documented = Object.keys(responses).flatMap((status) =>
      exampleProblems(operation, Number(status)),
    );
    expect([...problems].sort()).toEqual([...new Set(documented)].sort());
  },
);
