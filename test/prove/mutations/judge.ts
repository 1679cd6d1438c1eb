import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Mutation, mutated } from "./mutation.ts";
import { type PrivateCopy, privateCopy, ROOT } from "./private-copy.ts";
import { type Run, runInCopy } from "./run-in-copy.ts";

export type Judged = { mutation: Mutation; killedBy: Run["failed"] };

/** The source that a mutation makes of its file. Throws when it does not apply. */
export const mutantOf = (mutation: Mutation): string =>
  mutated(readFileSync(join(ROOT, mutation.file), "utf8"), mutation);

/**
 * Runs the tests of every mutation, each in a copy of the repository that has that change alone, `lanes`
 * of them at the same time. Throws when a mutation does not apply, when tests fail without any, and when
 * a run gives no verdict.
 */
export async function judgeAll(mutations: readonly Mutation[], lanes: number): Promise<Judged[]> {
  const mutants = mutations.map((mutation) => ({ mutation, text: mutantOf(mutation) }));
  const copies = Array.from({ length: lanes }, privateCopy);
  try {
    await requirePassing(copies, mutations);
    const judged: Judged[] = [];
    const left = mutants.entries();
    await Promise.all(
      copies.map(async (copy) => {
        for (const [index, { mutation, text }] of left) {
          const { failed } = await copy.withFile(mutation.file, text, () =>
            runInCopy(copy.folder, mutation.tests),
          );
          judged[index] = { mutation, killedBy: failed };
          tell(`${failed === null ? "SURVIVES" : "killed  "} ${mutation.breaks}`);
        }
      }),
    );
    return judged;
  } finally {
    for (const { remove } of copies) remove();
  }
}

/** Runs all test files that are named, spread over the copies. */
async function requirePassing(
  copies: readonly PrivateCopy[],
  mutations: readonly Mutation[],
): Promise<void> {
  const files = [...new Set(mutations.flatMap(({ tests }) => tests))];
  await Promise.all(
    copies.map(async ({ folder }, lane) => {
      const own = files.filter((_, index) => index % copies.length === lane);
      if (own.length === 0) return;
      const { failed } = await runInCopy(folder, own);
      if (failed !== null) {
        throw new Error(`fails without any mutation: ${failed.test} (${failed.file})`);
      }
    }),
  );
}

const tell = (line: string) => console.error(line);
