import * as z from "zod";

const MAX_WAIT_SECONDS = 60;

/** `wait`: seconds for which an answer may be held back until the transcript is there. */
export const wait = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "must be a number of seconds")
  .transform(Number)
  .pipe(z.number().min(0).max(MAX_WAIT_SECONDS, `must be at most ${MAX_WAIT_SECONDS}`))
  .default(0);
