import type * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";
import { inputSchema } from "./json-schema.ts";
import type { Parameter, Schema } from "./specification.ts";

type Told = string | { description: string; example: unknown };

/** The parameters of a query that a schema takes, each with what is to be said of it. */
export function queryParameters<Query extends z.ZodType>(
  query: Query,
  told: Record<keyof z.input<Query> & string, Told>,
): Parameter[] {
  const { properties = {}, required = [] } = inputSchema(query);
  return Object.entries<Told>(told).map(([name, its]) => {
    const schema = properties[name];
    if (schema === undefined) throw new Error(`The query takes no ${name}`);
    return {
      name,
      in: "query",
      required: required.includes(name),
      schema,
      ...(typeof its === "string" ? { description: its } : its),
    };
  });
}

export const pathParameter = (
  name: string,
  description: string,
  schema: Schema,
  example: string,
): Parameter => ({ name, in: "path", description, required: true, schema, example });

export const requestIdParameter = (example: string): Parameter =>
  pathParameter(
    "request_id",
    "Deepgram's `request_id`.",
    inputSchema(requestId.meta({ format: "uuid" })),
    example,
  );

const header = (name: string, description: string, example: string): Parameter => ({
  name,
  in: "header",
  description,
  required: false,
  schema: { type: "string" },
  example,
});

/** RFC 9110, section 13.1. */
export const CONDITIONS: Parameter[] = [
  header(
    "If-None-Match",
    "Entity tags: 304 when one of them is that of what is there.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
  header(
    "If-Match",
    "Entity tags: 412 when none of them is that of what is there.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
];

/** RFC 9110, section 14.2. */
export const RANGES: Parameter[] = [
  header(
    "Range",
    "One range of bytes of the raw JSON; any other range is passed over.",
    "bytes=0-99",
  ),
  header(
    "If-Range",
    "An entity tag: the range counts only when it is that of what is there.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
];

export const lastEventId = header(
  "Last-Event-ID",
  "The `id` of the last event that was read: only later ones are sent. Browsers send it by themselves.",
  "1795858200000.received",
);
