import type * as z from "zod";
import type { ZodOpenApiOperationObject, ZodOpenApiRequestBodyObject } from "zod-openapi";
import type { Route } from "../route.ts";
import type { Answer, problemExample } from "./answers.ts";
import type { Parameter } from "./parameters.ts";

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
