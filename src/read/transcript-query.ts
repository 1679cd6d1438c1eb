import * as z from "zod";
import { wait } from "./wait-query.ts";

/** The parameters of a translation, besides those of its slice and of its captions. */
export const translationQuery = z.object({
  download: z.string().optional(),
  names: z.enum(["true", "false"]).optional(),
});

/** Those of a transcript. */
export const transcriptQuery = z.object({
  ...translationQuery.shape,
  version: z.string().optional(),
  partial: z.enum(["true", "false"]).optional(),
  wait,
});
