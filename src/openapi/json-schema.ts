import * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";
import type { Schema } from "./specification.ts";

type Zod = z.core.$ZodType;

/** Formats that say all that the pattern says which zod puts beside them. */
const SUFFICIENT_FORMATS = ["date-time", "date", "uuid"];

/** The pattern of a text that becomes a whole number. */
const DIGITS = "^\\d+$";

/** A JSON Schema of what a parameter or a body may be. */
export function inputSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", override: plainInput });
  return rest as Schema;
}

/** JSON Schemas of named answers, or of named bodies, that refer to each other by the name. */
export function namedSchemas(
  named: Record<string, z.ZodType>,
  io: "input" | "output",
): Record<string, Schema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: schemaUri,
    override: io === "input" ? plainInput : plainOutput,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...rest }]) => [id, rest as Schema]),
  );
}

export const schemaUri = (name: string) => `#/components/schemas/${name}`;

type Override = NonNullable<z.core.ToJSONSchemaParams["override"]>;

const plain: Override = ({ zodSchema, jsonSchema }) => {
  if (zodSchema === requestId) jsonSchema.format = "uuid";
  if (SUFFICIENT_FORMATS.includes(jsonSchema.format ?? "")) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Every name of a member is a string.
  delete jsonSchema.propertyNames;
  joinNull(jsonSchema as Schema);
};

const plainInput: Override = (context) => {
  const number = numberBehind(context.zodSchema);
  if (number !== null) Object.assign(context.jsonSchema, { pattern: undefined }, number);
  plain(context);
};

const plainOutput: Override = (context) => {
  plain(context);
  // Answers may gain members: clients are to pass over those that they do not know.
  if (context.jsonSchema.additionalProperties === false) {
    delete context.jsonSchema.additionalProperties;
  }
};

/** The number that a text becomes: a parameter of a query is one, written out. */
function numberBehind(schema: Zod): Schema | null {
  if (schema instanceof z.ZodDefault) {
    const number = numberBehind(schema.unwrap());
    return number && { ...number, default: schema.def.defaultValue };
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) {
    return numberBehind(schema.unwrap());
  }
  if (!(schema instanceof z.ZodPipe) || !(schema.out instanceof z.ZodNumber)) return null;
  const { $schema: _, ...number } = z.toJSONSchema(schema.out, { override: plain });
  const { pattern } = z.toJSONSchema(schema, { io: "input" });
  return { ...(number as Schema), type: pattern === DIGITS ? "integer" : "number" };
}

/** `anyOf` a type and null as a list of both types. */
function joinNull(schema: Schema): void {
  const [one, other] = schema.anyOf ?? [];
  if (schema.anyOf?.length !== 2 || other?.type !== "null" || typeof one?.type !== "string") return;
  if (one.enum !== undefined) return;
  delete schema.anyOf;
  Object.assign(schema, one, { type: [one.type, "null"] });
}
