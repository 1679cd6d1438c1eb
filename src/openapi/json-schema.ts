import * as z from "zod";
import type { CreateDocumentOptions } from "zod-openapi";
import { requestId } from "../deepgram/request-id.ts";

// The parts of the document (OpenAPI 3.1) that its page shows and the tests check.

export type Reference = { $ref: string };

/** A JSON Schema (2020-12) with the keywords that the document uses. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  description?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
};

export type Method = "get" | "post" | "put" | "patch" | "delete";

export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: boolean;
  schema: Schema;
  example?: unknown;
};

export type Example = { summary?: string; value: unknown };

export type MediaType = { schema: Schema; examples?: Record<string, Example> };

export type Header = { description: string; required: boolean; schema: Schema; example?: unknown };

type RequestBody = {
  description: string;
  required: boolean;
  content: Record<string, MediaType>;
};

export type Answer = {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, MediaType>;
};

export type Operation = {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: RequestBody;
  responses: Record<string, Answer | Reference>;
};

export type OpenApiDocument = {
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Method, Operation>>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, Answer>;
    headers: Record<string, Header>;
    securitySchemes: object;
  };
};

type Override = NonNullable<CreateDocumentOptions["override"]>;

/** Formats that say all that the pattern says which zod puts beside them. */
const SUFFICIENT_FORMATS = ["date-time", "date", "uuid"];

/** The pattern of a text that becomes a whole number. */
const DIGITS = "^\\d+$";

/** Makes what zod writes of a schema as plain as a person would write it. */
export const plainSchema: Override = ({ zodSchema, jsonSchema, io }) => {
  const schema = jsonSchema as Schema;
  const number = io === "input" ? numberBehind(zodSchema) : null;
  if (number !== null) {
    delete schema.pattern;
    Object.assign(schema, number);
  }
  if (zodSchema === requestId || zodSchema._zod.parent === requestId) schema.format = "uuid";
  if (SUFFICIENT_FORMATS.includes(schema.format ?? "")) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  // Every name of a member is a string.
  delete jsonSchema.propertyNames;
  joinNull(schema);
  // Answers may gain members: clients are to pass over those that they do not know.
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
};

/** The number that a text becomes: a parameter of a query is one, written out. */
function numberBehind(schema: z.core.$ZodType): Schema | null {
  if (schema instanceof z.ZodDefault) {
    const number = numberBehind(schema.unwrap());
    return number && { ...number, default: schema.def.defaultValue };
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) {
    return numberBehind(schema.unwrap());
  }
  if (!(schema instanceof z.ZodPipe) || !(schema.out instanceof z.ZodNumber)) return null;
  const { $schema: _, ...number } = z.toJSONSchema(schema.out);
  const { pattern } = z.toJSONSchema(schema, { io: "input" });
  const type = pattern === DIGITS ? "integer" : "number";
  return { ...(number as Schema), type };
}

/** `anyOf` a type and null as a list of both types. */
function joinNull(schema: Schema): void {
  const [one, other] = schema.anyOf ?? [];
  if (schema.anyOf?.length !== 2 || other?.type !== "null" || typeof one?.type !== "string") return;
  if (one.enum !== undefined) return;
  delete schema.anyOf;
  Object.assign(schema, one, { type: [one.type, "null"] });
}
