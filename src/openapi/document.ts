import { scopesOf } from "../http/route.ts";
import { schemaRef, schemas } from "./components.ts";
import { type Examples, makeExamples } from "./examples.ts";
import { HEADERS } from "./headers.ts";
import { type Described, TAGS } from "./operation.ts";
import { aboutTranscriptOperations } from "./operations/about-transcript.ts";
import { callbackOperations } from "./operations/callbacks.ts";
import { catalogueOperations } from "./operations/catalogue.ts";
import { deadLetterOperations } from "./operations/dead-letters.ts";
import { followUpOperations } from "./operations/follow-ups.ts";
import { quarantineOperations } from "./operations/quarantine.ts";
import { sharingOperations } from "./operations/sharing.ts";
import { socketOperations } from "./operations/sockets.ts";
import { submittingOperations } from "./operations/submitting.ts";
import { tokenOperations } from "./operations/tokens.ts";
import { transcriptOperations } from "./operations/transcript.ts";
import { translationOperations } from "./operations/translations.ts";
import { workerOperations } from "./operations/worker.ts";
import { shared, sharedAnswers } from "./shared-answers.ts";
import type { OpenApiDocument, Operation, SecurityScheme } from "./specification.ts";
import { webhooks } from "./webhooks.ts";

const DESCRIPTION = `Receives Deepgram's callbacks, keeps them, and gives them back in every format.

Everything under \`/v1/\` asks for an API token: \`Authorization: Bearer TOKEN\`, or Deepgram's \`Authorization: Token TOKEN\`. Each operation names the scope that the token must have.

Errors are problem details (RFC 9457, \`application/problem+json\`), but for that of \`/health\` and those of Deepgram that \`/v1/listen\` passes on, and are never to be cached. Each has a \`code\` for programs. An address asked with another method than it takes answers 405 with \`Allow\`; one that does not exist, 404. Each \`GET\` answers \`HEAD\` too. A parameter of a query that is not known is a 400, but for \`/v1/listen\`. Pages of the origins in \`CORS_ORIGINS\` may call what is under \`/v1/\`.

Times in a transcript are seconds from the start of the audio; all others are ISO 8601 in UTC.`;

const SECURITY_SCHEMES: Record<string, SecurityScheme> = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "An API token. `Token` instead of `Bearer` does as well.",
  },
  job: {
    type: "http",
    scheme: "basic",
    description:
      "User and password of the callback URL that was made for this one submission. It holds for three days, and for no other job.",
  },
  callback: {
    type: "http",
    scheme: "basic",
    description:
      "User and password of `CALLBACK_CREDENTIALS`, put into the callback URL. Without it the body must have a valid `metadata.extra.callback_secret`.",
  },
};

/** The OpenAPI 3.1 document of a version of this Worker. */
export async function openApiDocument(version: string): Promise<OpenApiDocument> {
  const examples = await makeExamples();
  return {
    openapi: "3.1.1",
    info: {
      title: "deepgram-edge-receiver",
      version,
      summary: "Deepgram's callbacks, received, kept and read.",
      description: DESCRIPTION,
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(operations(examples)),
    webhooks: webhooks(schemaRef("WebhookMessage")),
    components: {
      schemas: schemas(),
      responses: sharedAnswers(examples),
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

/** Every operation over HTTP. */
const operations = (examples: Examples): Described[] => [
  ...callbackOperations(examples),
  ...socketOperations,
  ...submittingOperations,
  ...transcriptOperations(examples),
  ...aboutTranscriptOperations(examples),
  ...translationOperations(examples),
  ...catalogueOperations(examples),
  ...followUpOperations(examples),
  ...sharingOperations(examples),
  ...deadLetterOperations(examples),
  ...quarantineOperations,
  ...tokenOperations,
  ...workerOperations,
];

function pathsOf(described: Described[]): OpenApiDocument["paths"] {
  const paths: OpenApiDocument["paths"] = {};
  for (const { method, path, tag, scope, ...rest } of described) {
    const known = paths[path] ?? {};
    paths[path] = { ...known, [method]: operation(tag, scope, rest) };
  }
  return paths;
}

function operation(
  tag: string,
  scope: Described["scope"],
  { security = scope === null ? [] : [{ token: [...scopesOf(scope)] }], ...rest }: OperationalPart,
): Operation {
  return { tags: [tag], ...rest, security, responses: { ...guards(scope), ...rest.responses } };
}

type OperationalPart = Omit<Described, "method" | "path" | "tag" | "scope">;

/** What is answered whenever a token is asked for. */
const guards = (scope: Described["scope"]): Operation["responses"] =>
  scope === null
    ? {}
    : {
        401: shared("Unauthorized"),
        403: shared("Forbidden"),
        429: shared("TooManyRequests"),
        500: shared("Unexpected"),
        503: shared("Unavailable"),
      };
