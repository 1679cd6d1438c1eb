import * as z from "zod";
import { decimalParameter, wholeParameter } from "../number-parameter.ts";
import type { CaptionOptions } from "./caption-options.ts";

/**
 * The options of captions as parameters of a query: `max_chars`, `max_lines`, `max_seconds`,
 * `max_cps`, and `speakers` (`true`, `false`, `1`, `0`), which text, Markdown and HTML have too.
 */
export const captionQuery = z
  .object({
    max_chars: wholeParameter(10, 200).exactOptional(),
    max_lines: wholeParameter(1, 4).exactOptional(),
    max_seconds: decimalParameter(1, 60).exactOptional(),
    max_cps: decimalParameter(1, 100).exactOptional(),
    speakers: z
      .enum(["true", "false", "1", "0"], "must be true or false")
      .transform((value) => value === "true" || value === "1")
      .exactOptional(),
  })
  .transform(
    ({
      max_chars: maxChars,
      max_lines: maxLines,
      max_seconds: maxSeconds,
      max_cps: maxCps,
      speakers,
    }): CaptionOptions => ({
      ...(maxChars !== undefined && { maxChars }),
      ...(maxLines !== undefined && { maxLines }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      ...(maxCps !== undefined && { maxCps }),
      ...(speakers !== undefined && { speakers }),
    }),
  );
