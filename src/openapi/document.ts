import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiSecuritySchemeObject,
} from "zod-openapi";
import * as tokens from "../auth/tokens.ts";
import * as catalogue from "../catalogue/routes.ts";
import { webhookOperations } from "../follow-ups/notify/webhook.ts";
import { GUARD_ANSWERS, guards, HEADERS } from "../http/describe/answers.ts";
import type { Describe, Operation, Tag } from "../http/describe/operation.ts";
import { type Route, scopesOf } from "../http/route.ts";
import { attachOperation } from "../operate/attach-unmatched.ts";
import * as deadLetters from "../operate/dead-letters.ts";
import { editOperation } from "../operate/edit-transcript.ts";
import { deletionOperation } from "../operate/erase-transcript.ts";
import { healthOperation } from "../operate/health.ts";
import { promotionOperation } from "../operate/promote-version.ts";
import * as quarantine from "../operate/quarantine.ts";
import { renderedAnswers, stateAnswers } from "../read/describe.ts";
import { eventSchemas, eventsOperation } from "../read/events.ts";
import { searchWithinOperation } from "../read/search-transcript.ts";
import * as shares from "../read/shares.ts";
import { namesOperation, newNamesOperation } from "../read/speaker-names.ts";
import { statusOperation } from "../read/status.ts";
import { timelineOperation } from "../read/timeline.ts";
import { transcriptFileOperation, transcriptOperation } from "../read/transcript.ts";
import { translationFileOperation, translationOperation } from "../read/translation.ts";
import * as callbacks from "../receive/routes.ts";
import { expectedOperation } from "../submit/describe-expected.ts";
import { followUpsOperation, retryOperation } from "../submit/follow-ups.ts";
import { listenOperation } from "../submit/listen.ts";
import { retryAllOperation } from "../submit/retry-all.ts";
import { makeExamples } from "./examples.ts";
import { type OpenApiDocument, plainSchema } from "./json-schema.ts";
import { docsOperation, openApiOperation } from "./routes.ts";

const DESCRIPTION = `Receives Deepgram's callbacks, keeps them, and gives them back in every format.

Everything under \`/v1/\` asks for an API token: \`Authorization: Bearer TOKEN\`, or Deepgram's \`Authorization: Token TOKEN\`. Each operation names the scope that the token must have.

Errors are problem details (RFC 9457, \`application/problem+json\`), but for that of \`/health\` and those of Deepgram that \`/v1/listen\` passes on, and are never to be cached. Each has a \`code\` for programs. An address asked with another method than it takes answers 405 with \`Allow\`; one that does not exist, 404. Each \`GET\` answers \`HEAD\` too. A parameter of a query that is not known is a 400, but for \`/v1/listen\`. Pages of the origins in \`CORS_ORIGINS\` may call what is under \`/v1/\`.

Times in a transcript are seconds from the start of the audio; all others are ISO 8601 in UTC.`;

/** The parts of the document, in order. */
const TAGS: Record<Tag, string> = {
  Receiving: "What Deepgram calls.",
  Submitting: "Audio for Deepgram, and callbacks that are to come.",
  Reading: "Transcripts and what is known of them.",
  "Follow-ups": "What is to happen with transcripts besides, and what was given up.",
  Sharing:
    "Links that let anyone who has one read a transcript, or a part of it, for a limited time.",
  Administration: "What could not be matched, API tokens, and deletion.",
  About: "The Worker itself.",
};

const SECURITY_SCHEMES: Record<string, ZodOpenApiSecuritySchemeObject> = {
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

/** Every operation over HTTP, in the order of the page. */
const OPERATIONS: Describe[] = [
  callbacks.callbackOperation,
  callbacks.callbackByPutOperation,
  callbacks.jobCallbackOperation,
  callbacks.jobCallbackByPutOperation,
  callbacks.socketOperation,
  callbacks.jobSocketOperation,
  listenOperation,
  expectedOperation,
  editOperation,
  transcriptOperation,
  transcriptFileOperation,
  statusOperation,
  timelineOperation,
  namesOperation,
  newNamesOperation,
  searchWithinOperation,
  eventsOperation,
  promotionOperation,
  deletionOperation,
  translationOperation,
  translationFileOperation,
  catalogue.listOperation,
  catalogue.searchOperation,
  catalogue.rebuildOperation,
  followUpsOperation,
  retryOperation,
  retryAllOperation,
  shares.shareOperation,
  shares.newShareOperation,
  shares.sharesOperation,
  shares.revokeShareOperation,
  deadLetters.deadLettersOperation,
  deadLetters.dismissalOperation,
  deadLetters.redriveOperation,
  quarantine.quarantineOperation,
  quarantine.quarantinedOperation,
  quarantine.deleteQuarantinedOperation,
  attachOperation,
  tokens.tokensOperation,
  tokens.newTokenOperation,
  tokens.revokeTokenOperation,
  healthOperation,
  openApiOperation,
  docsOperation,
];

/** The OpenAPI 3.1 document of a version of this Worker. */
export async function openApiDocument(version: string): Promise<OpenApiDocument> {
  const examples = await makeExamples();
  const document = createDocument(
    {
      openapi: "3.1.1",
      info: {
        title: "deepgram-edge-receiver",
        version,
        summary: "Deepgram's callbacks, received, kept and read.",
        description: DESCRIPTION,
      },
      servers: [{ url: "/" }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      paths: pathsOf(OPERATIONS.map((describe) => describe(examples))),
      webhooks: webhookOperations(),
      components: {
        // Named by the description of the events alone.
        schemas: eventSchemas(),
        responses: { ...renderedAnswers(examples), ...stateAnswers(examples), ...GUARD_ANSWERS },
        headers: HEADERS,
        securitySchemes: SECURITY_SCHEMES,
      },
    },
    { override: plainSchema },
  );
  return document as unknown as OpenApiDocument;
}

function pathsOf(operations: Operation[]): NonNullable<ZodOpenApiObject["paths"]> {
  const paths: NonNullable<ZodOpenApiObject["paths"]> = {};
  for (const { route, path = route.path.replace(/:(\w+)/g, "{$1}"), ...rest } of operations) {
    const method = route.method.toLowerCase();
    paths[path] = { ...paths[path], [method]: operationOf(route, rest) };
  }
  return paths;
}

function operationOf(
  route: Route,
  { tag, params, query, headers, ...rest }: Omit<Operation, "route" | "path">,
): ZodOpenApiOperationObject {
  const { scope } = route;
  const requestParams = {
    ...(params && { path: z.object(params) }),
    ...(query && { query: queryOf(route, query) }),
    ...(headers && { header: z.object(headers) }),
  };
  return {
    tags: [tag],
    security: scope === null ? [] : [{ token: [...scopesOf(scope)] }],
    ...rest,
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    responses: { ...guards(scope), ...rest.responses },
  };
}

/** The parameters of a route's query with what is said of each. Throws unless all are described. */
function queryOf({ path, query }: Route, descriptions: NonNullable<Operation["query"]>) {
  const shape: Record<string, z.ZodType> = {};
  for (const schema of Array.isArray(query) ? query : []) Object.assign(shape, shapeOf(schema));
  const names = Object.keys(descriptions);
  if (names.toSorted().join() !== Object.keys(shape).sort().join()) {
    throw new Error(`${path} takes ${Object.keys(shape)}; described are ${names}`);
  }
  const parameters = Object.entries(descriptions).map(([name, said]) => {
    const param = typeof said === "string" ? { description: said } : said;
    return [name, shape[name]?.meta({ param })];
  });
  return z.object(Object.fromEntries(parameters));
}

const shapeOf = (schema: z.ZodType): z.ZodRawShape =>
  schema instanceof z.ZodPipe ? shapeOf(schema.in as z.ZodType) : (schema as z.ZodObject).shape;
