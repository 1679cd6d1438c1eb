import type { Part, Proof } from "../part.ts";
import { MUTATIONS } from "./all.ts";
import { faultsOf } from "./check.ts";
import { type Judged, judgeAll } from "./judge.ts";

const LANES = 2;

/** Whether the tests notice when a promise of the trust path is broken. */
export const mutations: Part = {
  name: "mutations",
  prove: async () => {
    const faults = faultsOf(MUTATIONS);
    if (faults.length > 0) throw new Error(faults.join("\n"));
    return proofOf(await judgeAll(MUTATIONS, { lanes: LANES }));
  },
};

/** Holds when every mutation is killed but those of which it is known why they are not. */
export function proofOf(judged: readonly Judged[]): Proof {
  const killed = judged.filter(({ killedBy }) => killedBy !== null);
  const survivors = judged.filter(({ killedBy }) => killedBy === null);
  const unexplained = survivors.filter(({ mutation }) => mutation.survives === undefined);
  const section = [
    "## Mutations",
    `Each row is a change of one place in \`src\` by which one promise no longer holds (\`test/proof/prove/mutations/list\`), made in a copy of the repository in which the test files of that promise are then run. **${killed.length} of ${judged.length} are killed**: a test that passes without the change fails with it. A change that applies nowhere or twice, cannot be read, or keeps a test file from loading ends the run; it never counts as killed.`,
    'StrykerJS was not used: its Vitest runner starts Vitest with `pool: "threads"`, which its documentation calls the only mode there is and not to be overridden, and the tests here run inside workerd, in the pool of Cloudflare.',
    survivors.length === 0 ? "Nothing survives." : `Of the ${survivors.length} that survive:`,
    survivors.map(explained).join("\n"),
    table(judged),
  ].filter((text) => text !== "");
  return { section: section.join("\n\n"), holds: judged.length > 0 && unexplained.length === 0 };
}

const explained = ({ mutation: { breaks, file, survives } }: Judged) =>
  `- \`${file}\`, ${breaks}: ${survives ?? "**no test notices it.**"}`;

const table = (judged: readonly Judged[]): string =>
  [
    ["no longer holds", "file", "verdict", "by the test"],
    ["---", "---", "---", "---"],
    ...judged.map(({ mutation: { breaks, file }, killedBy }) => [
      breaks,
      file,
      killedBy === null ? "**survives**" : "killed",
      killedBy === null ? "" : `${killedBy.file}: ${killedBy.test.replaceAll("|", "/")}`,
    ]),
  ]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
