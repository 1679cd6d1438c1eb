import { faultsOf } from "./behaviours.ts";
import type { Faults } from "./faults.ts";

/** Which behaviours jobs get; those of a request come on top. */
export type Misbehaviour = {
  /** For the next `jobs` jobs, or for all from now on. Throws a RangeError on unknown names. */
  order: (list: string, jobs?: number) => void;
  /** Faults of the job about to be accepted; counts as one of those ordered. */
  take: (ofRequest: string) => Faults;
};

export const misbehaviour = (initial: string): Misbehaviour => {
  faultsOf(initial);
  let always = initial;
  const queue: string[] = [];
  return {
    order: (list, jobs) => {
      faultsOf(list);
      if (jobs === undefined) always = list;
      else for (let index = 0; index < jobs; index++) queue.push(list);
    },
    take: (ofRequest) => {
      const faults = faultsOf(ofRequest, faultsOf(queue[0] ?? "", faultsOf(always)));
      queue.shift();
      return faults;
    },
  };
};
