import type { Range } from "../../lib/json/elements.ts";
import { index } from "./fields.ts";
import type { Outline } from "./outline.ts";

/** Consecutive elements of `results.utterances` that are of one channel. */
export type UtteranceRun = Range & { channel: number };

/** Deepgram orders utterances by channel: there are no more runs than channels then. */
const MAX_RUNS = 1000;

/**
 * Looks at `results.utterances`; `found` gets the runs, or all between the brackets where channels
 * take turns too often to list them.
 */
export function utteranceRuns(found: (utterances: UtteranceRun[] | Range) => void): Outline {
  let runs: UtteranceRun[] = [];
  let isTooMany = false;
  let all = 0;
  let from = 0;
  let channel = 0;
  return {
    begin(at) {
      runs = [];
      isTooMany = false;
      all = at + 1;
    },
    elements: {
      begin(at) {
        from = at;
        channel = 0;
      },
      members: {
        channel: {
          value(json) {
            channel = index(json) ?? 0;
          },
        },
      },
      end(to) {
        const last = runs.at(-1);
        if (last?.channel === channel) last.to = to;
        else if (runs.length === MAX_RUNS) isTooMany = true;
        else runs.push({ channel, from, to });
      },
    },
    end: (to) => found(isTooMany ? { from: all, to: to - 1 } : runs),
  };
}
