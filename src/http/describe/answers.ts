import * as z from "zod";
import type { oas31, ZodOpenApiMediaTypeObject, ZodOpenApiResponseObject } from "zod-openapi";
import { type ProblemCode, type ProblemStatus, TITLES } from "../problem.ts";
import type { Route } from "../route.ts";

type Header = oas31.HeaderObject;

const text: oas31.SchemaObject = { type: "string" };

const header = (
  description: string,
  example: unknown,
  { schema = text, required = true } = {},
): Header => ({ description, required, schema, example });

/** Response headers that say more than the standard does, or that clients are to use. */
export const HEADERS = {
  "Accept-Ranges": header("With the raw JSON: ranges of bytes may be asked for.", "bytes", {
    required: false,
  }),
  Allow: header("The methods that the address takes.", "POST, PUT"),
  "Cache-Control": header(
    "Answers that may be kept are to be asked about again before each use; others are not kept.",
    "private, no-cache",
  ),
  "Content-Disposition": header(
    "With `download`: the name to save it under.",
    'attachment; filename="51712a9a-9c10-4128-8e9d-6741cbff5c7f.vtt"',
    { required: false },
  ),
  "Content-Range": header("Which bytes of how many these are.", "bytes 0-99/1234"),
  "Content-Security-Policy": header(
    "With HTML: nothing but the document's own style may be used.",
    "default-src 'none'",
    { required: false },
  ),
  "dg-error": header("Deepgram's own: what was wrong.", "Insufficient permissions.", {
    required: false,
  }),
  "dg-request-id": header(
    "Deepgram's own: its `request_id`.",
    "51712a9a-9c10-4128-8e9d-6741cbff5c7f",
    { required: false },
  ),
  ETag: header(
    "Strong entity tag (RFC 9110, section 8.8.3).",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
  "Idempotency-Replayed": header(
    "With an `Idempotency-Key` that was used before: the answer is that of the first time.",
    "true",
    { required: false },
  ),
  Location: header(
    "The same address about the request that has taken the place of this one.",
    "/v1/transcripts/9b2d4c1e-5a86-4f30-8d17-c0e2a94b6f55.vtt?max_lines=1",
  ),
  "Repr-Digest": header(
    "With the raw JSON: the SHA-256 of the whole of it (RFC 9530).",
    "sha-256=:tbudgBSg+bHWHiHnlteNzN8TUvI80ygS9IULh4rklEw=:",
    { required: false },
  ),
  "Retry-After": header("After how many seconds to ask again.", 5, {
    schema: { type: "integer", minimum: 0 },
  }),
  Vary: header("Where the format is chosen: by this request header.", "Accept", {
    required: false,
  }),
  "WWW-Authenticate": header("What is asked for.", 'Bearer realm="transcripts"'),
} satisfies Record<string, Header>;

export type HeaderName = keyof typeof HEADERS;

/** The `headers` of an answer. */
export const headerRefs = (names: readonly HeaderName[]): Record<string, oas31.ReferenceObject> =>
  Object.fromEntries(names.map((name) => [name, headerRef(name)]));

/** Those of an answer of which only some kinds have them. */
export const optionalHeaders = (
  names: readonly HeaderName[],
): Record<string, Header | oas31.ReferenceObject> =>
  Object.fromEntries(
    names.map((name) => [
      name,
      HEADERS[name].required ? { ...HEADERS[name], required: false } : headerRef(name),
    ]),
  );

const headerRef = (name: HeaderName): oas31.ReferenceObject => ({
  $ref: `#/components/headers/${name}`,
});

/** An answer, or a reference to one that several operations give. */
export type Answer = ZodOpenApiResponseObject | oas31.ReferenceObject;

export type Examples = NonNullable<ZodOpenApiMediaTypeObject["examples"]>;

/** Problem details as RFC 9457 has them; `type` is left out and so `about:blank`. */
export const problemSchema = z
  .object({
    title: z.string().describe("The name of the status."),
    status: z.int(),
    detail: z.string().describe("What was wrong, for people."),
    code: z
      .string()
      .describe(
        "What went wrong, for programs: it stays as it is, while `detail` may be reworded.",
      ),
  })
  .meta({ id: "Problem" });

/** An answer of one media type. */
export const answer = (
  description: string,
  type: string,
  media: ZodOpenApiMediaTypeObject,
  headers: readonly HeaderName[] = [],
): ZodOpenApiResponseObject => ({ ...empty(description, headers), content: { [type]: media } });

/** An answer without a body. */
export const empty = (
  description: string,
  headers: readonly HeaderName[] = [],
): ZodOpenApiResponseObject => ({
  description,
  ...(headers.length > 0 && { headers: headerRefs(headers) }),
});

type Options = { headers?: readonly HeaderName[]; examples?: Examples };

/** An answer of a schema as JSON. */
export const json = (
  schema: z.ZodType,
  description: string,
  { headers, examples }: Options = {},
): ZodOpenApiResponseObject =>
  answer(description, "application/json", { schema, ...(examples && { examples }) }, headers);

/** The body of a request as JSON. */
export const jsonRequest = (schema: z.ZodType, description: string, example: unknown) => ({
  description,
  required: true,
  content: { "application/json": { schema, examples: one(example) } },
});

/** One example that needs no name. */
export const one = (value: unknown): Examples => ({ example: { value } });

/** Problem details with their code and extension members, as an example. */
export const problemExample = (
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  members: object = {},
) => ({ title: TITLES[status], status, code, detail, ...members });

/** Problem details, with examples; of the schema. */
export function problemAnswer(
  description: string,
  examples: ReturnType<typeof problemExample>[],
  {
    schema = problemSchema,
    headers = [],
  }: { schema?: z.ZodType; headers?: readonly HeaderName[] } = {},
): ZodOpenApiResponseObject {
  const named = examples.map((value, index) => [`example${index || ""}`, { value }] as const);
  const media = { schema, examples: Object.fromEntries(named) };
  return answer(description, "application/problem+json", media, headers);
}

type Coded = [code: ProblemCode, detail: string];

const problems =
  (status: ProblemStatus) =>
  (description: string, ...details: Coded[]) =>
    problemAnswer(
      description,
      details.map(([code, detail]) => problemExample(status, code, detail)),
    );

/** Each with a problem for every code and detail. */
export const notFound = problems(404);
export const conflict = problems(409);

const badRequest = problems(400);

/** The query is refused, for example with these details. */
export const wrongParameter = (...details: string[]) =>
  badRequest(
    "A parameter is wrong; the answer names it.",
    ...details.map((detail): Coded => ["invalid_parameter", detail]),
  );

/** The body is refused, for example with these details. */
export const wrongBody = (detail: string, ...others: Coded[]) =>
  badRequest("The body is wrong; the answer names what is.", ["invalid_body", detail], ...others);

/** One of the answers that several operations give, by its name in the document. */
export const shared = (name: string): oas31.ReferenceObject => ({
  $ref: `#/components/responses/${name}`,
});

const UNAVAILABLE = [
  problemExample(503, "storage_unavailable", "The storage does not answer at the moment."),
  problemExample(
    503,
    "not_configured",
    "API_TOKENS has no usable entry: the API is closed. /health names what is wrong.",
  ),
];

/** Of an operation that needs more to be configured. */
export const unavailable = (description: string, ...details: string[]) =>
  problemAnswer(
    description,
    [...UNAVAILABLE, ...details.map((detail) => problemExample(503, "not_configured", detail))],
    { headers: ["Retry-After"] },
  );

/** Of every operation that takes a token. */
export const TOO_MANY_INVALID_TOKENS = problemExample(
  429,
  "too_many_invalid_tokens",
  "Too many invalid API tokens came from this address. Wait a minute.",
);

/** The answers of operations that ask for a token, and of those that take JSON. */
export const GUARD_ANSWERS = {
  Unauthorized: problemAnswer(
    "The token is missing or not valid.",
    [
      problemExample(
        401,
        "invalid_token",
        "A valid API token is needed: Authorization: Bearer TOKEN.",
      ),
    ],
    { headers: ["WWW-Authenticate"] },
  ),
  Forbidden: problemAnswer(
    "The token has not the scope that is asked for.",
    [problemExample(403, "missing_scope", "The token has not the scope admin.")],
    { headers: ["WWW-Authenticate"] },
  ),
  TooManyRequests: problemAnswer(
    "The token has made too many requests; or its address has sent more than 30 tokens that nobody has within a minute. A valid token is never refused for the latter.",
    [
      problemExample(429, "too_many_requests", "The token has made too many requests."),
      TOO_MANY_INVALID_TOKENS,
    ],
    { headers: ["Retry-After"] },
  ),
  Unexpected: problemAnswer("A fault of this Worker.", [
    problemExample(500, "internal_error", "Something went wrong here; the log has the reason."),
  ]),
  Unavailable: unavailable("The storage does not answer, or no API tokens are configured."),
  BodyTooLarge: problemAnswer("The body has more than 65,536 bytes.", [
    problemExample(413, "body_too_large", "The body has more than 65536 bytes."),
  ]),
} satisfies Record<string, Answer>;

/** What is answered whenever a token is asked for. */
export const guards = (scope: Route["scope"]): Record<string, Answer> =>
  scope === null
    ? {}
    : {
        401: shared("Unauthorized"),
        403: shared("Forbidden"),
        429: shared("TooManyRequests"),
        500: shared("Unexpected"),
        503: shared("Unavailable"),
      };
