import * as z from "zod";
import { problem } from "./problem.ts";
import type { Handler } from "./route.ts";

const MAX_SHOWN_CHARS = 64;

/** Answers 400 to a query with a parameter that none of the schemas has: a misspelt one is not passed over. */
export function knownParameters(schemas: readonly z.ZodType[], handle: Handler): Handler {
  const known = schemas.flatMap(parameterNames);
  return (c) => {
    const unknown = Object.keys(c.req.query()).find((name) => !known.includes(name));
    if (unknown === undefined) return handle(c);
    const name = JSON.stringify(unknown.slice(0, MAX_SHOWN_CHARS));
    const rest = known.length === 0 ? "none" : known.join(", ");
    throw problem(400, "invalid_parameter", `${name} is not a parameter here; known: ${rest}.`);
  };
}

/** The names of the parameters that a schema reads, also of one that transforms them. */
function parameterNames(schema: z.core.$ZodType): string[] {
  if (schema instanceof z.ZodPipe) return parameterNames(schema.in);
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  throw new Error("the schema of a query is an object");
}
