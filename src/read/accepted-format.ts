import { negotiate } from "../http/negotiate.ts";
import { problem } from "../http/problem.ts";
import { type Format, isFormat, MEDIA_TYPES } from "./formats.ts";

const [JSON_TYPE = "", ...OTHER_TYPES] = MEDIA_TYPES.values();

/** The format that `Accept` wants most. Throws a 406 with the list when it allows none. */
export function acceptedFormat(accept: string | undefined): Format {
  const type = negotiate(accept, [JSON_TYPE, ...OTHER_TYPES]);
  for (const [format, its] of MEDIA_TYPES) if (its === type) return format;
  throw problem(406, "not_acceptable", "There is no representation that Accept allows.", {
    headers: { vary: "Accept" },
    members: { available: [...MEDIA_TYPES.values()] },
  });
}

/** The format of a suffix. Throws a 404 that names all of them when there is none such. */
export function suffixFormat(suffix: string): Format {
  if (isFormat(suffix)) return suffix;
  const formats = [...MEDIA_TYPES.keys()].join(", ");
  throw problem(404, "unknown_format", `There is no such format; the formats are ${formats}.`);
}
