/** The parts of the OpenAPI Specification 3.1 that the document is made of. */
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

export type Method = "get" | "post" | "put" | "delete";

export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required: boolean;
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

/** Names of schemes with the scopes asked for (in 3.1 any scheme may list such). */
export type SecurityRequirement = Record<string, string[]>;

export type SecurityScheme = { type: "http"; scheme: "bearer" | "basic"; description: string };

export type Operation = {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: SecurityRequirement[];
  parameters?: Parameter[];
  requestBody?: RequestBody;
  responses: Record<string, Answer | Reference>;
};

/** What this Worker sends by itself. */
export type Webhook = Omit<Operation, "security" | "tags" | "parameters">;

export type Components = {
  schemas: Record<string, Schema>;
  responses: Record<string, Answer>;
  headers: Record<string, Header>;
  securitySchemes: Record<string, SecurityScheme>;
};

export type OpenApiDocument = {
  openapi: string;
  info: { title: string; version: string; summary: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Method, Operation>>>;
  webhooks?: Record<string, { post: Webhook }>;
  components: Components;
};
