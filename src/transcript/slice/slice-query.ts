import * as z from "zod";
import { decimalParameter, wholeParameter } from "../number-parameter.ts";
import type { SliceOptions } from "./slice.ts";

/** About 30 years, as for the times in a body. */
const MAX_TIME_SECONDS = 1e9;

/** The options of a slice as parameters of a query: `from`, `to`, `channel`, `speaker`, `min_confidence`. */
export const sliceQuery = z
  .object({
    from: decimalParameter(0, MAX_TIME_SECONDS).exactOptional(),
    to: decimalParameter(0, MAX_TIME_SECONDS).exactOptional(),
    channel: wholeParameter(0, Number.MAX_SAFE_INTEGER).exactOptional(),
    speaker: wholeParameter(0, Number.MAX_SAFE_INTEGER).exactOptional(),
    min_confidence: decimalParameter(0, 1).exactOptional(),
  })
  .refine(({ from = 0, to = Infinity }) => from < to, {
    path: ["to"],
    error: "must be greater than from",
  })
  .transform(
    ({ min_confidence: minConfidence, ...rest }): SliceOptions => ({
      ...rest,
      ...(minConfidence !== undefined && { minConfidence }),
    }),
  );
