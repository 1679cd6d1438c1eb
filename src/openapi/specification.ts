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

export type RequestBody = {
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
