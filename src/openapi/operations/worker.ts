import { answer, json, one, problem, told } from "../answers.ts";
import { TOO_MANY_INVALID_TOKENS } from "../guard-answers.ts";
import type { Described } from "../operation.ts";
import { CONDITIONS } from "../parameters.ts";
import { shared } from "../shared-answers.ts";

const HEALTHY = {
  status: "ok",
  configured: { callbacks: true, api: true, submissions: true },
  missing: [],
  problems: [],
};

const UNHEALTHY = json(
  "Health",
  "The callbacks, or the API, have no credentials; or the storage does not answer, as a problem when the token cannot be looked up.",
  {
    headers: ["Retry-After"],
    examples: one({
      status: "misconfigured",
      configured: { callbacks: true, api: false, submissions: true },
      missing: ["API_TOKENS"],
      problems: [{ name: "API_TOKENS" }],
    }),
  },
);

const AWAY = problem("The token cannot be looked up.", [
  told(503, "Service Unavailable", "The storage does not answer at the moment."),
]);

/** What tells of the Worker itself. */
export const workerOperations: Described[] = [
  {
    method: "get",
    path: "/health",
    tag: "About",
    scope: null,
    operationId: "getHealth",
    summary: "Ask what is configured",
    description:
      "What is configured and which settings are wrong; never what a secret is. With a token of scope `admin` also what is wrong with them, which version answers, and whether the storage does. It needs no token, but one that comes must be valid.",
    responses: {
      200: json("Health", "Callbacks and the API are configured.", {
        examples: {
          everybody: { summary: "To everybody", value: HEALTHY },
          operators: {
            summary: "To operators",
            value: {
              ...HEALTHY,
              version: "7c0a8a1e-9a0f-4a51-9d5e-2f6f1f0c7d11",
              storage: {
                r2: { reachable: true, ms: 31 },
                d1: { reachable: true, ms: 12 },
                kv: { reachable: true, ms: 4 },
                outbox: { messages: 0, oldest_seconds: 0 },
              },
            },
          },
        },
      }),
      401: shared("Unauthorized"),
      429: problem(
        "Its address has sent more than 30 tokens that nobody has within a minute.",
        [TOO_MANY_INVALID_TOKENS],
        { headers: ["Retry-After"] },
      ),
      503: {
        ...UNHEALTHY,
        content: { ...UNHEALTHY.content, ...AWAY.content },
      },
    },
  },
  {
    method: "get",
    path: "/openapi.json",
    tag: "About",
    scope: null,
    operationId: "getOpenApi",
    summary: "Read this description",
    description: "As an OpenAPI 3.1 document; pages of any origin may read it.",
    parameters: CONDITIONS,
    responses: {
      200: answer("The document.", "application/json", { schema: { type: "object" } }, [
        "ETag",
        "Cache-Control",
      ]),
      304: shared("NotModified"),
      412: shared("PreconditionFailed"),
    },
  },
  {
    method: "get",
    path: "/docs",
    tag: "About",
    scope: null,
    operationId: "getDocs",
    summary: "Read this description as a page",
    description: "One HTML document that needs nothing besides; it may be saved and read offline.",
    parameters: CONDITIONS,
    responses: {
      200: answer("The page.", "text/html", { schema: { type: "string" } }, [
        "ETag",
        "Cache-Control",
        "Content-Security-Policy",
      ]),
      304: shared("NotModified"),
      412: shared("PreconditionFailed"),
    },
  },
];
