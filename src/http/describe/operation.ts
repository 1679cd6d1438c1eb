import * as z from "zod";
import type { ZodOpenApiOperationObject, ZodOpenApiRequestBodyObject } from "zod-openapi";
import { requestId } from "../../deepgram/request-id.ts";
import type { Route } from "../route.ts";
import type { Answer, problemExample } from "./answers.ts";

// Operations are described by functions beside their handlers. Only the generator of the API document
// calls them: the bundler leaves them out of the Worker, with all that they alone use.

/** How the API document describes one route; it adds what follows from the scope of the route. */
export type Operation = {
  route: Route;
  /** In OpenAPI's form, where it does not follow from the path of the route. */
  path?: string;
  tag: Tag;
  operationId: string;
  summary: string;
  /** CommonMark. */
  description: string;
  /** Where it accepts something other than a token. */
  security?: NonNullable<ZodOpenApiOperationObject["security"]>;
  /** Each parameter of the path, by its name. */
  params?: Record<string, z.ZodType>;
  /** What each parameter of the route's query means, by its name. */
  query?: Record<string, Parameter>;
  /** Request headers, by their names. */
  headers?: Record<string, z.ZodType>;
  /** Parameters that no schema has. */
  parameters?: NonNullable<ZodOpenApiOperationObject["parameters"]>;
  requestBody?: ZodOpenApiRequestBodyObject;
  responses: Record<string, Answer>;
};

export type Describe = (examples: Examples) => Operation;

/** The parts of the document. */
export type Tag =
  | "Receiving"
  | "Submitting"
  | "Reading"
  | "Follow-ups"
  | "Sharing"
  | "Administration"
  | "About";

/** One callback as Deepgram sends it, and what the Worker makes of it. */
export type Examples = {
  requestId: string;
  job: string;
  callbackUrl: string;
  callback: object;
  status: { request_id: string; sha256: string | null; bytes: number | null };
  /** The status of the same transcript while it is expected. */
  expected: { expected_at?: string | undefined; deadline_at?: string | null | undefined };
  /** The status when the audio was submitted again. */
  superseded: object;
  /** What an event stream sends first. */
  events: string;
  /** The text of each format. */
  rendered: Record<string, string>;
  /** Into Spanish. */
  translation: { json: unknown; rendered: Record<string, string> };
  phrase: string;
  /** What `phrase` finds. */
  hits: object[];
  listed: object;
  found: object;
  followUp: { name: string; [member: string]: unknown };
  failure: { callback: object; problem: ReturnType<typeof problemExample> };
};

/** What a parameter means, with an example where it must be given. */
type Parameter = string | { description: string; example: unknown };

/** A schema as that of a parameter, with what is said of it. */
export const described = (schema: z.ZodType, description: string, example: unknown) =>
  schema.meta({ param: { description, example } });

export const requestIdParameter = (example: string) => ({
  request_id: described(requestId, "Deepgram's `request_id`.", example),
});

const text = z.string().optional();

/** RFC 9110, section 13.1. */
export const CONDITIONS = {
  "If-None-Match": described(
    text,
    "Entity tags: 304 when one of them is the current one.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
  "If-Match": described(
    text,
    "Entity tags: 412 when none of them is the current one.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
};

/** RFC 9110, section 14.2. */
export const RANGES = {
  Range: described(
    text,
    "One range of bytes of the raw JSON; any other range is passed over.",
    "bytes=0-99",
  ),
  "If-Range": described(
    text,
    "An entity tag: the range counts only when it is the current one.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
};
