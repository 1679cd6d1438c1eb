import { Validator } from "@cfworker/json-schema";
import packageJson from "../../../package.json";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { openApiDocument } from "../../../src/openapi/document.ts";
import type {
  Answer,
  Method,
  OpenApiDocument,
  Operation,
  Reference,
  Schema,
} from "../../../src/openapi/json-schema.ts";

export const DOCUMENT: OpenApiDocument = JSON.parse(
  JSON.stringify(await openApiDocument(packageJson.version)),
);

/** That of the document's examples. */
export const REQUEST_ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f" as RequestId;

export type Listed = { path: string; method: Method; operation: Operation };

/** Every operation of the document. */
export const OPERATIONS: Listed[] = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    path,
    method: method as Method,
    operation,
  })),
);

/** What is wrong with a value, by a schema of the document, in which no member may be unknown. */
export function faults(schema: Schema, value: unknown): string[] {
  const known = validators.get(schema);
  const validator = known ?? new Validator({ ...strict(schema), components: COMPONENTS });
  validators.set(schema, validator);
  const { valid, errors } = validator.validate(value);
  return valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** What `$ref` points to. */
export function resolve<Target>(target: Target | Reference): Target {
  if (typeof target !== "object" || target === null || !("$ref" in target)) {
    return target as Target;
  }
  const steps = target.$ref.replace(/^#\//, "").split("/");
  return steps.reduce(
    (found, step) => (found as Record<string, unknown>)[step],
    DOCUMENT as unknown,
  ) as Target;
}

/** Under what an answer of this status is documented. */
export const keyOf = ({ responses }: Operation, status: number): string =>
  status in responses ? String(status) : "default";

export function answerOf(operation: Operation, status: number): Answer {
  const answer = operation.responses[keyOf(operation, status)];
  if (answer === undefined) throw new Error(`${status} is not documented`);
  return resolve(answer);
}

const validators = new Map<Schema, Validator>();

const COMPONENTS = { schemas: strict(DOCUMENT.components.schemas) };

/** Objects that name their members have no others, unless they say so. */
function strict(value: unknown): object {
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? strict(item) : item));
  const copy = Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [
      name,
      isObject(item) ? strict(item) : item,
    ]),
  );
  return isObject(copy.properties) && copy.additionalProperties === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
