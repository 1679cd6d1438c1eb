import type { Context } from "hono";
import * as z from "zod";
import type { Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import { parseJson, readLimited } from "../lib/bytes.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { problem, problemResponse } from "./problem.ts";

export type Handler = (c: Context<AppEnv>) => Response | Promise<Response>;

/** One operation of the interface. */
export type Route = {
  /** `GET` answers `HEAD` too. */
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** In Hono's form: `/v1/transcripts/:request_id/status`. */
  path: string;
  /** What the token must have, all of it; null where none is asked for: open, or verified in another way. */
  scope: Scope | readonly Scope[] | null;
  /**
   * The schemas of the query; none where it has no parameters. Under `/v1/` any other parameter is
   * refused, unless it is `any`.
   */
  query?: readonly z.ZodType[] | "any";
  /** What is opened by it rather than read: `Allow` does not list the method. */
  opens?: "websocket";
  handle: Handler;
};

/** Who sends a transcript to others, or opens it to them, must be allowed to read it. */
export const SUBMIT_AND_READ = ["submit", "read"] as const;

/** The scopes that a route asks for, as a list. */
export const scopesOf = (scope: Route["scope"]): readonly Scope[] =>
  scope === null ? [] : typeof scope === "string" ? [scope] : scope;

/** The methods of all routes at one path, as `Allow` (RFC 9110, section 10.2.1) lists them. */
export function allowOf(routes: readonly Route[], path: string): string {
  return routes
    .filter((route) => route.path === path && route.opens === undefined)
    .map(({ method }) => (method === "GET" ? "GET, HEAD" : method))
    .join(", ");
}

type RawIssue = z.core.$ZodRawIssue;

const TYPES: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const FORMATS: Record<string, string> = {
  date: "an ISO 8601 date",
  datetime: "an ISO 8601 date-time",
  url: "a URL",
};

/**
 * An input as its schema has it, or what is wrong with the first wrong part, as a sentence for the client:
 * `limit must be at most 1000.` A schema's own message is the predicate of such a sentence, or, where it
 * begins with a quotation mark, all of it. `whole` names the input itself.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  whole: string,
): Result<z.infer<Schema>, string> {
  const parsed = schema.safeParse(input, { error: predicateOf });
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const predicate = issue?.message ?? "is not valid";
  if (predicate.startsWith('"')) return fail(`${predicate}.`);
  return fail(`${issue?.path.join(".") || whole} ${predicate}.`);
}

/** In place of zod's own words. */
function predicateOf(issue: RawIssue): string {
  if (issue.input === undefined) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${listed(issue.values.map(String))}`;
    case "invalid_format":
      return `must be ${FORMATS[issue.format] ?? "in the right form"}`;
    case "too_small":
      return sized(issue.origin, "at least", issue.minimum);
    case "too_big":
      return sized(issue.origin, "at most", issue.maximum);
    case "unrecognized_keys":
      return `has the unknown member ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    default:
      return "is not valid";
  }
}

function sized(origin: string, bound: "at least" | "at most", size: number | bigint): string {
  if (origin === "string") return `must have ${bound} ${size} characters`;
  if (origin === "array") return `must have ${bound} ${size} entries`;
  return `must be ${bound} ${size}`;
}

/** Such as `webhook, email or sms`. */
const listed = (values: readonly string[]): string =>
  values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;

/** What each schema makes of no parameters, which is what most requests have. */
const ofNone = new WeakMap<z.ZodType, unknown>();

/**
 * The parameters of a query as the schema has them, not to be changed. Throws a 400 that names the first
 * wrong one.
 */
export function query<Schema extends z.ZodType>(
  schema: Schema,
  parameters: Record<string, string>,
): z.infer<Schema> {
  const isNone = Object.keys(parameters).length === 0;
  if (isNone && ofNone.has(schema)) return ofNone.get(schema) as z.infer<Schema>;
  const parsed = validate(schema, parameters, "The query");
  if (!parsed.ok) throw problem(400, "invalid_parameter", parsed.reason);
  if (isNone) ofNone.set(schema, Object.freeze(parsed.value));
  return parsed.value;
}

const MAX_BODY_BYTES = 65_536;

/** The JSON body of a request as the schema has it. Throws a 413, or a 400 that names what is wrong. */
export async function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): Promise<z.infer<Schema>> {
  const text = await readLimited(request.body, MAX_BODY_BYTES);
  if (text === null)
    throw problem(413, "body_too_large", `The body has more than ${MAX_BODY_BYTES} bytes.`);
  const value = parseJson(text);
  if (value === undefined) throw problem(400, "invalid_json", "The body is not JSON.");
  const parsed = validate(schema, value, "The body");
  if (!parsed.ok) throw problem(400, "invalid_body", parsed.reason);
  return parsed.value;
}

const MAX_SHOWN_CHARS = 64;

/** Answers 400 to a query with a parameter that none of the schemas has: a misspelt one is not passed over. */
export function knownParameters(schemas: readonly z.ZodType[], handle: Handler): Handler {
  const known = schemas.flatMap(parameterNames);
  return (c) => {
    const unknown = Object.keys(c.req.query()).find((name) => !known.includes(name));
    if (unknown === undefined) return handle(c);
    const name = JSON.stringify(unknown.slice(0, MAX_SHOWN_CHARS));
    const rest = known.length === 0 ? "none" : known.join(", ");
    throw problem(400, "invalid_parameter", `${name} is not a parameter here; known: ${rest}.`);
  };
}

/** The names of the parameters that a schema reads, also of one that transforms them. */
function parameterNames(schema: z.core.$ZodType): string[] {
  if (schema instanceof z.ZodPipe) return parameterNames(schema.in);
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  throw new Error("the schema of a query is an object");
}

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
