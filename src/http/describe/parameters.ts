import * as z from "zod";
import { requestId } from "../../deepgram/request-id.ts";

/** What a parameter means, with an example where it must be given. */
export type Parameter = string | { description: string; example: unknown };

/** A schema as that of a parameter, with what is said of it. */
export const described = (schema: z.ZodType, description: string, example: unknown) =>
  schema.meta({ param: { description, example } });

export const requestIdParameter = (example: string) => ({
  request_id: described(requestId, "Deepgram's `request_id`.", example),
});

const text = z.string().optional();

/** RFC 9110, section 13.1. */
export const CONDITIONS = {
  "If-None-Match": described(
    text,
    "Entity tags: 304 when one of them is the current one.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
  "If-Match": described(
    text,
    "Entity tags: 412 when none of them is the current one.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
};

/** RFC 9110, section 14.2. */
export const RANGES = {
  Range: described(
    text,
    "One range of bytes of the raw JSON; any other range is passed over.",
    "bytes=0-99",
  ),
  "If-Range": described(
    text,
    "An entity tag: the range counts only when it is the current one.",
    '"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"',
  ),
};
