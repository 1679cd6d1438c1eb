import type * as z from "zod";
import { problem } from "./problem.ts";

/** The parameters of a query as the schema has them. Throws a 400 that names the first wrong one. */
export function query<Schema extends z.ZodType>(
  schema: Schema,
  parameters: Record<string, string>,
): z.infer<Schema> {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw problem(400, `The parameter ${issue?.path.join(".")} is wrong: ${issue?.message}.`);
}
