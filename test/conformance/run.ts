import type { Target } from "./receiver.ts";
import { Fault, type Scenario, Unchecked } from "./scenario.ts";

export type Verdict = { verdict: "pass" } | { verdict: "fail" | "unchecked"; why: string };

export type Result = Verdict & { scenario: Scenario };

/** Runs scenarios one after the other. What the kit itself cannot do is thrown. */
export async function run(
  target: Target,
  scenarios: readonly Scenario[],
  tell: (result: Result) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = [];
  for (const scenario of scenarios) {
    const result = { scenario, ...(await verdictOf(scenario, target)) };
    results.push(result);
    tell(result);
  }
  return results;
}

async function verdictOf(scenario: Scenario, target: Target): Promise<Verdict> {
  try {
    await scenario.run(target);
    return { verdict: "pass" };
  } catch (error) {
    if (error instanceof Fault) return { verdict: "fail", why: error.message };
    if (error instanceof Unchecked) return { verdict: "unchecked", why: error.message };
    throw new Error(`${scenario.name}: ${error}`, { cause: error });
  }
}

/** Whether a receiver passes: nothing failed, and nothing was left unchecked. */
export const passes = (results: readonly Result[]) =>
  results.every(({ verdict }) => verdict === "pass");
