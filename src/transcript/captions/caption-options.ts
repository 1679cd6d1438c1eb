import * as z from "zod";
import type { Names } from "../formats/speakers.ts";
import { decimalParameter, wholeParameter } from "../slice/slice.ts";

const MAX_CHARS = 42;
const MAX_LINES = 2;
const MAX_SECONDS = 7;
const MAX_CPS = 20;

/** How captions are cut. Absent or unusable values take the default. */
export type CaptionOptions = {
  /** Longest line, in columns: a wide (East Asian, emoji) character takes two. Default 42. */
  maxChars?: number;
  /** Most lines in a cue. Default 2. */
  maxLines?: number;
  /** Longest time a cue stays. Default 7. */
  maxSeconds?: number;
  /**
   * Fastest a cue has to be read, in characters a second; a wide one counts as two. A cue stays so long
   * after its speech, where nothing follows. Default 20.
   */
  maxCps?: number;
  /** Whether speakers and channels are named. Default: where there are several to tell apart. */
  speakers?: boolean;
  /** What voices are called in place of their numbers. */
  names?: Names;
};

/** The limits a cue obeys: whole numbers from 1, and `maxCps` in characters a second, above 0. */
export type CueLimits = { maxChars: number; maxLines: number; maxMs: number; maxCps: number };

/** Options with the defaults filled in. */
export function cueLimits(options: CaptionOptions): CueLimits {
  return {
    maxChars: Math.floor(usable(options.maxChars, 1) ?? MAX_CHARS),
    maxLines: Math.floor(usable(options.maxLines, 1) ?? MAX_LINES),
    maxMs: Math.round((usable(options.maxSeconds, 0.001) ?? MAX_SECONDS) * 1000),
    maxCps: usable(options.maxCps, 0.001) ?? MAX_CPS,
  };
}

function usable(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= least ? value : undefined;
}

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
