import type { Header, MediaType, Operation, Reference } from "../../src/openapi/specification.ts";
import { answerOf, faults, resolve } from "./documented.ts";

/** Headers that are part of the interface: where they are sent, they are documented. */
const TOLD = [
  "accept-ranges",
  "content-disposition",
  "content-range",
  "content-security-policy",
  "etag",
  "repr-digest",
  "retry-after",
  "vary",
  "www-authenticate",
];

/** How an answer differs from what the document says of the operation. Reads its body. */
export async function answerFaults(operation: Operation, response: Response): Promise<string[]> {
  const { headers = {}, content = {} } = answerOf(operation, response.status);
  const type = response.headers.get("content-type")?.split(";")[0];
  const body = await bodyOf(response);
  if (Object.keys(content).length === 0) {
    return [...headerFaults(headers, response.headers), ...(body === "" ? [] : ["it has a body"])];
  }
  const media = content[type ?? ""];
  if (media === undefined) return [`the media type ${type} is not documented`];
  return [...headerFaults(headers, response.headers), ...bodyFaults(type ?? "", media, body)];
}

/** An event stream does not end: what comes first is enough. */
async function bodyOf(response: Response): Promise<string> {
  if (response.headers.get("content-type") !== "text/event-stream") {
    return new TextDecoder().decode(await response.arrayBuffer());
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\nid: ")) text += (await reader.read()).value;
  await reader.cancel();
  return text;
}

function headerFaults(documented: Record<string, Header | Reference>, sent: Headers): string[] {
  const names = new Map(Object.keys(documented).map((name) => [name.toLowerCase(), name]));
  const found: string[] = [];
  for (const [lower, name] of names) {
    const { required, schema } = resolve(documented[name]!);
    const value = sent.get(lower);
    if (value === null && required) found.push(`the header ${name} is missing`);
    if (value === null) continue;
    const typed = schema.type === "integer" ? Number(value) : value;
    found.push(...faults(schema, typed).map((fault) => `${name}: ${fault}`));
  }
  const untold = TOLD.filter((name) => sent.has(name) && !names.has(name));
  if (sent.get("cache-control") !== "no-store" && sent.has("cache-control")) {
    if (!names.has("cache-control")) untold.push("cache-control");
  }
  return [...found, ...untold.map((name) => `the header ${name} is not documented`)];
}

function bodyFaults(type: string, { schema, examples }: MediaType, body: string): string[] {
  if (type === "application/jsonl") return lines(body).flatMap((line) => named("Segment", line));
  if (type === "text/event-stream") return eventFaults(body);
  // A range of JSON is text.
  if (schema.type === "string") return body === "" ? ["it has no body"] : [];
  const value: unknown = JSON.parse(body);
  if (type !== "application/problem+json") return faults(schema, value);
  const details = Object.values(examples ?? {}).map((example) => problemOf(example.value));
  const isTrue = details.includes(problemOf(value));
  return [...faults(schema, value), ...(isTrue ? [] : [`no example says ${body}`])];
}

/** What a problem says, whichever scope it names. */
export function problemOf(value: unknown): string {
  const { title, status, detail } = value as { title: string; status: number; detail: string };
  return `${status} ${title}: ${detail.replace(/scope \w+/, "scope …").replace(/\d+ bytes/, "… bytes")}`;
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "");

const named = (name: string, json: string) =>
  faults({ $ref: `#/components/schemas/${name}` }, JSON.parse(json));

function eventFaults(body: string): string[] {
  const events = [...body.matchAll(/event: (.*)\ndata: (.*)\nid: /g)];
  if (events.length === 0) return [`no event in ${body}`];
  return events.flatMap(([, event, data = ""]) =>
    named(event === "state" ? "StateEvent" : "FollowUpEvent", data),
  );
}

/** What the examples of the problems of an answer say. */
export function exampleProblems(operation: Operation, status: number): string[] {
  const media = resolve(answerOf(operation, status)).content?.["application/problem+json"];
  return Object.values(media?.examples ?? {}).map(({ value }) => problemOf(value));
}
