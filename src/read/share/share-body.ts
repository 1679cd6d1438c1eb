import * as z from "zod";

const MIN_SECONDS = 60;
const MAX_SECONDS = 31_536_000;
const MAX_TIME_SECONDS = 1e9;

const time = z.number().min(0).max(MAX_TIME_SECONDS);

/** What is asked for with a share: how long it lasts, and the range of the audio, all in seconds. */
export const shareBody = z
  .strictObject({
    expires_in: z.int().min(MIN_SECONDS).max(MAX_SECONDS),
    from: time.exactOptional(),
    to: time.exactOptional(),
  })
  .refine(({ from = 0, to = Infinity }) => from < to, {
    path: ["to"],
    error: "must be greater than from",
  });

export type ShareBody = z.infer<typeof shareBody>;
