import { type Mutation, mutationsOf } from "../mutation.ts";

const CALLBACK = "test/unit/deepgram/callback.test.ts";
const READER = "test/unit/deepgram/body-reader.test.ts";
const CONFIG = "test/unit/config/config.test.ts";

/** What a body is about, and what of the configuration lets it in. */
export const IDENTIFYING: readonly Mutation[] = [
  ...mutationsOf(
    "src/deepgram/callback.ts",
    [CALLBACK],
    [
      {
        breaks: "the id of a failure is found at the top level",
        from: "parseRequestId(body.metadata?.request_id ?? body.request_id)",
        to: "parseRequestId(body.metadata?.request_id)",
      },
      {
        breaks: "the id of a transcript is found in its metadata",
        from: "parseRequestId(body.metadata?.request_id ?? body.request_id)",
        to: "parseRequestId(body.request_id)",
      },
      {
        breaks: "a body without results is a failure",
        from: "const finished = body.results !== undefined || isStreamMessage(json);",
        to: "const finished = true;",
      },
      {
        breaks: "a message of a stream is no failure",
        from: "const finished = body.results !== undefined || isStreamMessage(json);",
        to: "const finished = body.results !== undefined;",
      },
      {
        breaks: "callback_secret is kept out of the facts",
        from: "const { callback_secret: _, ...extra } = facts?.extra ?? {};",
        to: "const extra = facts?.extra ?? {};",
        tests: ["test/integration/receive/faults.test.ts", "test/integration/receive/hook.test.ts"],
      },
      {
        breaks: "a field of an unexpected type refuses nothing",
        from: "const number = z.number().optional().catch(undefined);",
        to: "const number = z.number().optional();",
      },
      {
        breaks: "a digest that is none is not taken for one",
        from: '/^[0-9a-f]{64}$/.test(facts?.sha256 ?? "") ? (facts?.sha256 ?? null) : null',
        to: "facts?.sha256 ?? null",
      },
    ],
  ),
  ...mutationsOf(
    "src/deepgram/request-id.ts",
    [CALLBACK],
    [
      {
        breaks: "an id in upper case is the same id",
        from: "  .toLowerCase()\n",
        to: "",
      },
      {
        breaks: "what is not a UUID becomes no part of a key",
        from: "  .regex(UUID, { error: ({ input }) => notARequestId(input) })\n",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/deepgram/body-reader.ts",
    [READER],
    [
      {
        breaks: "callback_secret is masked in what is stored",
        from: 'isString && third === SECRET_KEY ? "copy-secret" : "copy"',
        to: '"copy"',
      },
      {
        breaks: "callback_secret is masked at the top level too",
        from: 'isString && second === SECRET_KEY ? "copy-secret" : "copy"',
        to: '"copy"',
      },
      {
        breaks: "of a name that comes twice the last one counts",
        from: "    forget(path);\n    if (path.length === 2",
        to: "    if (path.length === 2",
      },
      {
        breaks: "__proto__ is no name that is obeyed",
        from: 'else if (name !== "__proto__") (trees',
        to: "else (trees",
      },
      {
        breaks: "a body is read in memory that does not grow with it",
        from: "return bytes <= MAX_BRANCH_BYTES;",
        to: "return true;",
      },
    ],
  ),
  ...mutationsOf(
    "src/deepgram/callback.ts",
    [CALLBACK],
    [
      {
        breaks: "credentials quoted in an error are masked",
        from: '.replace(/((?::\\/\\/|%3A%2F%2F))[^\\s"@/]+?(@|%40|$)/gi, `$1${MASK}$2`)',
        to: "",
      },
      {
        breaks: "callback_secret is masked in an error that is shown as JSON",
        from: "JSON.stringify(value, secretMasked)",
        to: "JSON.stringify(value)",
      },
      {
        breaks: "a quoted callback_secret is masked",
        from: '(callback_secret\\\\*"?',
        to: "(callback_secrets",
      },
    ],
  ),
  ...mutationsOf(
    "src/config/config.ts",
    [CONFIG],
    [
      {
        breaks: "what is not called local is held to the rules of production",
        from: 'env.ENVIRONMENT === "local" ? "local" : "production"',
        to: 'env.ENVIRONMENT === "production" ? "production" : "local"',
      },
      {
        breaks: "an entry without a password lets nobody in",
        from: "const valid = /^[^:]+:./.test(pair);",
        to: "const valid = true;",
      },
      {
        breaks: "a signing key that is short signs nothing",
        from: "const isLong = key.length >= MIN_KEY_CHARS;",
        to: "const isLong = key.length >= 0;",
      },
    ],
  ),
  ...mutationsOf(
    "src/config/config.ts",
    [CONFIG],
    [
      {
        breaks: "the secrets of the example are refused in production",
        from: "return !example;",
        to: "return true;",
      },
    ],
  ),
  ...mutationsOf(
    "src/config/api-tokens.ts",
    [CONFIG],
    [
      {
        breaks: "a token with an unknown scope lets nobody in",
        from: "if (!name || !token || !scopes.every(isScope))",
        to: "if (!name || !token || !scopes.some(isScope))",
      },
      {
        breaks: "a token that could be guessed lets nobody in",
        from: 'environment !== "local" && token.length < MIN_TOKEN_CHARS',
        to: "false",
      },
    ],
  ),
  ...mutationsOf(
    "src/config/webhook-endpoints.ts",
    [CONFIG],
    [
      {
        breaks: "in production no endpoint is called in a private network",
        from: 'environment === "production" ? publicUrlProblem(url) : null;',
        to: "null;",
      },
    ],
  ),
];
