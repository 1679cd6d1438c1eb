import type { oas31 } from "zod-openapi";

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
