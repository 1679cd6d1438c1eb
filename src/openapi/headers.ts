import type { Header, Reference, Schema } from "./specification.ts";

const text: Schema = { type: "string" };

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
  ETag: header(
    "Strong entity tag (RFC 9110, section 8.8.3).",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
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

/** For an answer of which one kind is to be asked for again. */
export const retryAfterIfToCome: Header = { ...HEADERS["Retry-After"], required: false };

/** The `headers` of an answer. */
export const headerRefs = (names: readonly HeaderName[]): Record<string, Reference> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
