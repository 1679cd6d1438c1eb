import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Mutation, mutated } from "./mutation.ts";
import { type PrivateCopy, privateCopy, ROOT } from "./private-copy.ts";
import { type Failure, runInCopy } from "./run-in-copy.ts";

export type Judged = { mutation: Mutation; killedBy: Failure | null };

/** The source that a mutation makes of its file. Throws when it does not apply. */
export const mutantOf = (mutation: Mutation): string =>
  mutated(readFileSync(join(ROOT, mutation.file), "utf8"), mutation);

type Judging = {
  /** How many mutations are judged at the same time. */
  lanes: number;
};

/**
 * Runs the tests of every mutation, each in a copy of the repository that has that change alone. Throws
 * when a mutation does not apply, when tests fail without any, and when a run gives no verdict.
 */
export async function judgeAll(
  mutations: readonly Mutation[],
  { lanes }: Judging,
): Promise<Judged[]> {
  const mutants = mutations.map((mutation) => ({ mutation, text: mutantOf(mutation) }));
  const copies = Array.from({ length: lanes }, privateCopy);
  try {
    const base = shares(mutations, lanes);
    await inLanes(copies, base, async ({ folder }, files, signal) => {
      await atMostTwice(async () => {
        const failed = await runInCopy(folder, files, signal);
        if (failed === null) return;
        throw new Error(`fails without a mutation: ${failed.file}, ${failed.test}: ${failed.why}`);
      });
    });
    const judged = new Map<Mutation, Judged>();
    await inLanes(copies, mutants, async (copy, { mutation, text }, signal) => {
      const killedBy = await copy.withFile(mutation.file, text, () =>
        atMostTwice(() => runInCopy(copy.folder, mutation.tests, signal)),
      );
      judged.set(mutation, { mutation, killedBy });
      const verdict =
        killedBy === null ? "SURVIVES" : `killed by ${killedBy.file} (${killedBy.why})`;
      console.error(`${mutation.breaks}: ${verdict}`);
    });
    return mutations.flatMap((mutation) => judged.get(mutation) ?? []);
  } finally {
    for (const { remove } of copies) remove();
  }
}

/** Every test file that is named, once, in as many shares as there are lanes. */
function shares(mutations: readonly Mutation[], lanes: number): string[][] {
  const files = [...new Set(mutations.flatMap(({ tests }) => tests))];
  return Array.from({ length: lanes }, (_, lane) =>
    files.filter((_, index) => index % lanes === lane),
  ).filter((share) => share.length > 0);
}

/** A machine that is busy may break off one run; it does not end them all. */
const atMostTwice = <Value>(run: () => Promise<Value>): Promise<Value> =>
  run().catch((error) => {
    console.error(`once more: ${error}`);
    return run();
  });

/** Works items off, one at a time in each copy. What throws ends them all; none is left at work. */
async function inLanes<Item>(
  copies: readonly PrivateCopy[],
  items: readonly Item[],
  work: (copy: PrivateCopy, item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const broken = new AbortController();
  const left = items.values();
  const lanes = copies.map(async (copy) => {
    for (const item of left) {
      if (broken.signal.aborted) return;
      await work(copy, item, broken.signal).catch((error) => broken.abort(error));
    }
  });
  await Promise.all(lanes);
  broken.signal.throwIfAborted();
}
