import type { Result, Verdict } from "./run.ts";
import type { Scenario } from "./scenario.ts";

const word = (one: Verdict | undefined) =>
  one === undefined ? "" : { pass: "pass", fail: "FAIL", unchecked: "not checked" }[one.verdict];

const sourceOf = ({ known, page, because }: Scenario) =>
  page === "" ? `${because} (${known})` : `${because} ([${known}](${page}))`;

/** Before a note on a line of its own. */
const INDENT = " ".repeat(39);

/** A result as it is printed while the kit runs: its source, and below why it is no pass. */
export function line(result: Result): string {
  const { name, because, known, page } = result.scenario;
  const source = `${because} (${page === "" ? known : `${known}: ${page}`})`;
  const row = `${word(result).padEnd(11)}  ${name.padEnd(24)}  ${source}`;
  return result.verdict === "pass" ? row : `${row}\n${INDENT}→ ${result.why}`;
}

/** A table in Markdown: scenario × verdict of each receiver × where it comes from. */
export function comparison(
  columns: readonly { name: string; results: readonly Result[] }[],
): string {
  const scenarios = columns[0]?.results.map(({ scenario }) => scenario) ?? [];
  const rows = scenarios.map((scenario, index) => {
    const verdicts = columns.map(({ results }) => word(results[index]));
    return `| \`${scenario.name}\` | ${verdicts.join(" | ")} | ${sourceOf(scenario)} |`;
  });
  const passed = columns.map(
    ({ results }) =>
      `${results.filter(({ verdict }) => verdict === "pass").length} of ${results.length}`,
  );
  return [
    `| scenario | ${columns.map(({ name }) => name).join(" | ")} | because |`,
    `|---|${"---|".repeat(columns.length)}---|`,
    ...rows,
    `| **passed** | ${passed.map((count) => `**${count}**`).join(" | ")} | |`,
  ].join("\n");
}

/** Why scenarios did not pass, as a list in Markdown. */
export const reasons = (results: readonly Result[]): string =>
  results
    .flatMap((result) =>
      result.verdict === "pass" ? [] : [`- \`${result.scenario.name}\`: ${result.why}`],
    )
    .join("\n");
