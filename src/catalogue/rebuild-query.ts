import * as z from "zod";
import { documentOnly } from "../lib/docs-only-schema.ts";
import { cursorOf } from "./list-query.ts";

/** The parameters of `POST /v1/catalogue/rebuild`; the cursor stands for the last key that is done. */
export const rebuildQuery = z.object({
  cursor: cursorOf(z.string()).optional(),
  /** Only callbacks whose id begins with this digit: ranges can be worked through side by side. */
  range: z
    .string()
    .regex(/^[0-9a-f]?$/, "must be a hexadecimal digit")
    .default(""),
});

/** What one part of the rebuilding has done. */
export const rebuildReport = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      /** How many callbacks and tombstones it has read. */
      transcripts: z.int(),
      /** How many rows it has removed that R2 has no callback for. */
      removed: z.int(),
      /** Keys of objects that could not be read; the log has the reasons. */
      failed: z.array(z.string()),
      /** For the next part; null when all is done. */
      cursor: z.string().nullable(),
    })
    .meta({ id: "RebuildReport" }),
);

export type RebuildReport = z.infer<typeof rebuildReport>;
