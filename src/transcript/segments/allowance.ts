import { MAX_ELEMENT_BYTES, MAX_HELD_BYTES } from "./limits.ts";
import { unshowable } from "./unshowable.ts";

/** Tells how many bytes its owner holds now, in place of what it held before. */
export type Hold = (bytes: number) => void;

/** Opens accounts that share one limit of memory; an `unshowable` error where one or all are over it. */
export function createAllowance(): () => Hold {
  let all = 0;
  return () => {
    let mine = 0;
    return (bytes) => {
      all += bytes - mine;
      mine = bytes;
      if (mine > MAX_ELEMENT_BYTES || all > MAX_HELD_BYTES) throw unshowable("too-large");
    };
  };
}
