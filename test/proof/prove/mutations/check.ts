import { mutantOf } from "./judge.ts";
import type { Mutation } from "./mutation.ts";

/** Why mutations cannot be judged: each that does not apply, and each that is listed twice. */
export function faultsOf(mutations: readonly Mutation[]): string[] {
  const changes = new Set<string>();
  const names = new Set<string>();
  return mutations.flatMap((mutation) => {
    const { file, breaks, from, to } = mutation;
    const change = [file, from, to].join("\n");
    const name = `${file}, "${breaks}"`;
    const faults = [
      ...(changes.has(change) ? [`${name}: another one makes the same change`] : []),
      ...(names.has(name) ? [`${name}: another one has this name`] : []),
      ...applicationFault(mutation),
    ];
    changes.add(change);
    names.add(name);
    return faults;
  });
}

function applicationFault(mutation: Mutation): string[] {
  try {
    mutantOf(mutation);
    return [];
  } catch (error) {
    return [String(error)];
  }
}
