import type * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";
import { JOB } from "./example-callback.ts";
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
  pathParameter("request_id", "Deepgram's `request_id`.", inputSchema(requestId), example);

export const jobParameter = pathParameter(
  "job",
  "The name of the submission.",
  { type: "string" },
  JOB,
);

const header = (
  name: string,
  description: string,
  example: string,
  schema: Schema = { type: "string" },
): Parameter => ({ name, in: "header", description, required: false, schema, example });

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

/** Parameters of whatever name. */
export const deepgramsQuery: Parameter = {
  name: "parameters",
  in: "query",
  description:
    "Deepgram's own, each under its name: all but `callback`. In `extra`, `translate`, `notify_webhook`, `notify_email` and `notify_sms` ask for follow-ups, each a list separated by commas; with `follow_ups:none` nothing else follows. `title` and `audio_url` are shown on the page of the transcript.",
  required: false,
  schema: { type: "object", additionalProperties: true },
  example: { model: "nova-3", smart_format: true, extra: "translate:es" },
};

export const idempotencyKey = header(
  "Idempotency-Key",
  "A text of your own for one submission: sent again under it within a day, nothing is submitted, and the answer is that of the first time. Where Deepgram refused, the key is free again.",
  "order-42",
  { type: "string", maxLength: 255 },
);

/** RFC 6455, section 4.1. */
export const upgrade: Parameter = {
  ...header("Upgrade", "As whoever opens a WebSocket sends it.", "websocket", {
    const: "websocket",
  }),
  required: true,
};

export const lastEventId = header(
  "Last-Event-ID",
  "The `id` of the last event that was read: what is later is sent, and again what is up to 2 s older, since clocks differ. Browsers send it by themselves.",
  "1795858200000.51712a9a.received",
);
