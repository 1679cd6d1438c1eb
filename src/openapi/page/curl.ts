import type { Method, Operation } from "../specification.ts";

/** A command line that asks for an operation, with what its examples say. */
export function curl(origin: string, path: string, method: Method, operation: Operation): string {
  const { security, requestBody } = operation;
  const from = "101" in operation.responses ? origin.replace(/^http/, "ws") : origin;
  const words = [`curl ${quoted(from + target(path, operation))}`];
  if (method !== "get" && !(method === "post" && requestBody))
    words.push(`-X ${method.toUpperCase()}`);
  if (security.some(({ callback }) => callback)) words.push('-u "$CALLBACK_CREDENTIALS"');
  if (security.some(({ token }) => token)) words.push('-H "authorization: Bearer $TOKEN"');
  // The first media type is the one that a command line can hold.
  for (const [type, media] of Object.entries(requestBody?.content ?? {}).slice(0, 1)) {
    const [example] = Object.values(media.examples ?? {});
    words.push(`-H ${quoted(`content-type: ${type}`)}`);
    words.push(`-d ${quoted(JSON.stringify(example?.value))}`);
  }
  return words.join(" \\\n  ");
}

/** The path with the examples of its parameters, and of those of the query that must be there. */
function target(path: string, { parameters = [] }: Operation): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, required, example } of parameters) {
    if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(String(example)));
    if (place === "query" && required) query.set(name, String(example));
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

/** One word for a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
