import { stripTypeScriptTypes } from "node:module";

/** A change to the source that breaks one promise, and the tests that are to notice it. */
export type Mutation = {
  /** What no longer holds, in words. */
  breaks: string;
  /** From the top of the repository. */
  file: string;
  /** Stands in the file exactly once. */
  from: string;
  to: string;
  /** Test files, from the top of the repository. */
  tests: readonly string[];
  /** Of one that no test is expected to notice: why. */
  survives?: string;
};

type Change = Pick<Mutation, "breaks" | "from" | "to" | "survives"> & {
  /** Besides those of the file. */
  tests?: readonly string[];
  /** Another file, which does a part of the work of this one. */
  file?: string;
};

/** Mutations of one file that the same tests are to notice. */
export const mutationsOf = (
  file: string,
  tests: readonly string[],
  changes: readonly Change[],
): Mutation[] =>
  changes.map((change) => ({ file, ...change, tests: [...tests, ...(change.tests ?? [])] }));

/**
 * A source with a mutation in it. Throws when the text to be changed does not stand there exactly once,
 * and when what comes of it is not TypeScript.
 */
export function mutated(source: string, { breaks, file, from, to }: Mutation): string {
  const places = source.split(from).length - 1;
  if (places !== 1 || from === to) {
    throw new Error(`"${breaks}" does not apply: its text stands ${places} times in ${file}`);
  }
  const changed = source.replace(from, () => to);
  // Node reads no JSX. A page that cannot be read gives no verdict.
  if (file.endsWith(".tsx")) return changed;
  try {
    stripTypeScriptTypes(changed);
  } catch (error) {
    throw new Error(`"${breaks}" makes ${file} unreadable: ${error}`);
  }
  return changed;
}
