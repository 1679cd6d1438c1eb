import { type SchemaName, schemaRef } from "./components.ts";
import { type HeaderName, headerRefs } from "./headers.ts";
import { codeOf } from "./problem-codes.ts";
import type { Answer, Example, MediaType, Schema } from "./specification.ts";

type Told = { headers?: readonly HeaderName[]; examples?: Record<string, Example> };

/** An answer of one media type. */
export function answer(
  description: string,
  type: string,
  media: MediaType,
  headers: readonly HeaderName[] = [],
): Answer {
  return { ...empty(description, headers), content: { [type]: media } };
}

/** An answer of a named schema as JSON. */
export const json = (name: SchemaName, description: string, { headers, examples }: Told = {}) =>
  answer(
    description,
    "application/json",
    { schema: schemaRef(name), ...(examples && { examples }) },
    headers,
  );

/** An answer without a body. */
export const empty = (description: string, headers: readonly HeaderName[] = []): Answer => ({
  description,
  ...(headers.length > 0 && { headers: headerRefs(headers) }),
});

/** One example that needs no name. */
export const one = (value: unknown): Record<string, Example> => ({ example: { value } });

/** Problem details with their code and extension members. */
export const told = (status: number, title: string, detail: string, members: object = {}) => ({
  title,
  status,
  code: codeOf(detail),
  detail,
  ...members,
});

/** Problem details, with examples; of one of the schemas named. */
export function problem(
  description: string,
  examples: ReturnType<typeof told>[],
  {
    schemas = ["Problem"],
    headers = [],
  }: { schemas?: [SchemaName, ...SchemaName[]]; headers?: readonly HeaderName[] } = {},
): Answer {
  const named = examples.map((value, index) => [`example${index || ""}`, { value }] as const);
  const media = { schema: oneOf(...schemas), examples: Object.fromEntries(named) };
  return answer(description, "application/problem+json", media, headers);
}

/** A named schema, or any of several. */
export const oneOf = (name: SchemaName, ...others: SchemaName[]): Schema =>
  others.length === 0 ? schemaRef(name) : { anyOf: [name, ...others].map(schemaRef) };

const tellingAll =
  (status: number, title: string) =>
  (description: string, ...details: string[]): Answer =>
    problem(
      description,
      details.map((detail) => told(status, title, detail)),
    );

/** Each with a problem for every detail. */
export const badRequest = tellingAll(400, "Bad Request");
export const notFound = tellingAll(404, "Not Found");
export const conflict = tellingAll(409, "Conflict");
