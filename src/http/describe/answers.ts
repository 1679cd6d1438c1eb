import * as z from "zod";
import type { oas31, ZodOpenApiMediaTypeObject, ZodOpenApiResponseObject } from "zod-openapi";
import { type ProblemCode, type ProblemStatus, TITLES } from "../problem.ts";
import { type HeaderName, headerRefs } from "./headers.ts";

/** An answer, or a reference to one that several operations give. */
export type Answer = ZodOpenApiResponseObject | oas31.ReferenceObject;

export type Examples = NonNullable<ZodOpenApiMediaTypeObject["examples"]>;

/** Problem details as RFC 9457 has them; `type` is left out and so `about:blank`. */
export const problemSchema = z
  .object({
    title: z.string().describe("The name of the status."),
    status: z.int(),
    detail: z.string().describe("What was wrong, for people."),
    code: z
      .string()
      .describe(
        "What went wrong, for programs: it stays as it is, while `detail` may be reworded.",
      ),
  })
  .meta({ id: "Problem" });

/** An answer of one media type. */
export const answer = (
  description: string,
  type: string,
  media: ZodOpenApiMediaTypeObject,
  headers: readonly HeaderName[] = [],
): ZodOpenApiResponseObject => ({ ...empty(description, headers), content: { [type]: media } });

/** An answer without a body. */
export const empty = (
  description: string,
  headers: readonly HeaderName[] = [],
): ZodOpenApiResponseObject => ({
  description,
  ...(headers.length > 0 && { headers: headerRefs(headers) }),
});

type Options = { headers?: readonly HeaderName[]; examples?: Examples };

/** An answer of a schema as JSON. */
export const json = (
  schema: z.ZodType,
  description: string,
  { headers, examples }: Options = {},
): ZodOpenApiResponseObject =>
  answer(description, "application/json", { schema, ...(examples && { examples }) }, headers);

/** The body of a request as JSON. */
export const jsonRequest = (schema: z.ZodType, description: string, example: unknown) => ({
  description,
  required: true,
  content: { "application/json": { schema, examples: one(example) } },
});

/** One example that needs no name. */
export const one = (value: unknown): Examples => ({ example: { value } });

/** Problem details with their code and extension members, as an example. */
export const problemExample = (
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  members: object = {},
) => ({ title: TITLES[status], status, code, detail, ...members });

/** Problem details, with examples; of the schema. */
export function problemAnswer(
  description: string,
  examples: ReturnType<typeof problemExample>[],
  {
    schema = problemSchema,
    headers = [],
  }: { schema?: z.ZodType; headers?: readonly HeaderName[] } = {},
): ZodOpenApiResponseObject {
  const named = examples.map((value, index) => [`example${index || ""}`, { value }] as const);
  const media = { schema, examples: Object.fromEntries(named) };
  return answer(description, "application/problem+json", media, headers);
}

type Coded = [code: ProblemCode, detail: string];

const problems =
  (status: ProblemStatus) =>
  (description: string, ...details: Coded[]) =>
    problemAnswer(
      description,
      details.map(([code, detail]) => problemExample(status, code, detail)),
    );

/** Each with a problem for every code and detail. */
export const notFound = problems(404);
export const conflict = problems(409);

const badRequest = problems(400);

/** The query is refused, for example with these details. */
export const wrongParameter = (...details: string[]) =>
  badRequest(
    "A parameter is wrong; the answer names it.",
    ...details.map((detail): Coded => ["invalid_parameter", detail]),
  );

/** The body is refused, for example with these details. */
export const wrongBody = (detail: string, ...others: Coded[]) =>
  badRequest("The body is wrong; the answer names what is.", ["invalid_body", detail], ...others);

/** One of the answers that several operations give, by its name in the document. */
export const shared = (name: string): oas31.ReferenceObject => ({
  $ref: `#/components/responses/${name}`,
});
