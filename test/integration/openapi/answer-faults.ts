import type {
  Answer,
  Header,
  MediaType,
  Operation,
  Reference,
} from "../../../src/openapi/json-schema.ts";
import { answerOf, faults, keyOf, resolve } from "./documented.ts";

/** Headers that are part of the interface: where they are sent, they are documented. */
const DECLARED = [
  "accept-ranges",
  "allow",
  "content-disposition",
  "content-range",
  "content-security-policy",
  "dg-error",
  "dg-request-id",
  "etag",
  "idempotency-replayed",
  "location",
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

/** An event stream does not end: what comes first is enough, and the first speech of one that is live. */
async function bodyOf(response: Response): Promise<string> {
  if (response.headers.get("content-type") !== "text/event-stream") {
    return new TextDecoder().decode(await response.arrayBuffer());
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const isEnough = () =>
    text.includes(text.includes('"state":"live"') ? '"is_final":true' : "\nid: ");
  while (!isEnough()) text += (await reader.read()).value;
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
  const undeclared = DECLARED.filter((name) => sent.has(name) && !names.has(name));
  if (sent.get("cache-control") !== "no-store" && sent.has("cache-control")) {
    if (!names.has("cache-control")) undeclared.push("cache-control");
  }
  return [...found, ...undeclared.map((name) => `the header ${name} is not documented`)];
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

/** What is said of an id that is none is not documented beside that of one that is unknown. */
const UNKNOWN = "No transcript is known by this request_id.";

/** What a problem says, whichever scope it names. */
export function problemOf(value: unknown): string {
  const { title, status, code, detail } = value as {
    title: string;
    status: number;
    code: string;
    detail: string;
  };
  return `${status} ${title} (${code}): ${detail
    .replace(/^".*" is not a request_id\.$/, UNKNOWN)
    .replace(/scope \w+/, "scope …")
    .replace(/\d+ bytes/, "… bytes")}`;
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "");

const named = (name: string, json: string) =>
  faults({ $ref: `#/components/schemas/${name}` }, JSON.parse(json));

const EVENTS: Record<string, string> = {
  state: "StateEvent",
  "follow-up": "FollowUpEvent",
  segment: "SegmentEvent",
};

function eventFaults(body: string): string[] {
  const events = [...body.matchAll(/event: (.*)\ndata: (.*)\n/g)];
  if (events.length === 0) return [`no event in ${body}`];
  return events.flatMap(([, event = "", data = ""]) => named(EVENTS[event] ?? event, data));
}

/** What the examples of the problems of an operation say. */
export const exampleProblems = ({ responses }: Operation): string[] =>
  Object.values(responses).flatMap((answer) => {
    const media = resolve<Answer>(answer).content?.["application/problem+json"];
    return Object.values(media?.examples ?? {}).map(({ value }) => problemOf(value));
  });

/** Every kind of answer of an operation: under what it is documented, and its media type. */
export const answerKinds = ({ responses }: Operation): string[] =>
  Object.entries(responses).flatMap(([key, answer]) => {
    const types = Object.keys(resolve<Answer>(answer).content ?? {});
    return types.length === 0 ? [key] : types.map((type) => `${key} ${type}`);
  });

/** Every header that an operation documents: under what, and its name. */
export const headerKinds = ({ responses }: Operation): string[] =>
  Object.entries(responses).flatMap(([key, answer]) =>
    Object.keys(resolve<Answer>(answer).headers ?? {})
      // In answers that are shared with operations that choose no format.
      .filter((name) => name !== "Vary")
      .map((name) => `${key} ${name}`),
  );

/** Whether an answer has the header. */
export function hasHeader(kind: string, operation: Operation, { status, headers }: Response) {
  const [key, name = ""] = kind.split(" ");
  return key === keyOf(operation, status) && headers.has(name);
}

/** The kind of one answer. */
export const kindOf = (operation: Operation, { status, headers }: Response): string =>
  [keyOf(operation, status), headers.get("content-type")?.split(";")[0] ?? []].flat().join(" ");
