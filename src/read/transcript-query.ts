import * as z from "zod";
import { wait } from "./wait-query.ts";

/** The parameters of a transcript, besides those of its slice and of its captions. */
export const transcriptQuery = z.object({
  version: z.string().optional(),
  wait,
  download: z.string().optional(),
});
