import { problemResponse } from "./problem.ts";

type Validators = { etag: string } & Record<string, string>;

/**
 * The answer to a request whose conditions (RFC 9110, section 13.2.2) end it: 412 when `If-Match`
 * names another representation, 304 when `If-None-Match` names this one. Null when the request proceeds. The
 * entity tag is strong; `validators` are what a 304 repeats.
 */
export function conditional(headers: Headers, validators: Validators): Response | null {
  const { etag } = validators;
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null && !names(ifMatch, etag, false)) {
    return problemResponse(
      412,
      "precondition_failed",
      "The representation is not the one that If-Match names.",
    );
  }
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch === null || !names(ifNoneMatch, etag, true)) return null;
  return new Response(null, { status: 304, headers: validators });
}

export const isConditional = (headers: Headers): boolean =>
  headers.has("if-match") || headers.has("if-none-match");

/** `If-None-Match` is compared weakly, `W/` being passed over; `If-Match` strongly. */
function names(list: string, etag: string, weakly: boolean): boolean {
  if (list.trim() === "*") return true;
  return [...list.matchAll(/(W\/)?("[^"]*")/g)].some(
    ([, weak, tag]) => tag === etag && (weakly || weak === undefined),
  );
}

/** A transcript may be deleted at any time: a copy may be kept, but is asked about before each use. */
export const CACHE_CONTROL = "private, no-cache";
