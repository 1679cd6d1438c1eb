import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { type Route, scopesOf } from "../../../src/http/route.ts";
import type { Answer, MediaType, Operation, Schema } from "../../../src/openapi/json-schema.ts";
import { PAGES } from "../../../src/pages/routes.ts";
import { ROUTES } from "../../../src/routes.ts";
import { listenBody } from "../../support/bodies.ts";
import { DOCUMENT, faults, OPERATIONS, resolve } from "./documented.ts";

const FILES: Record<string, string> = {
  "/v1/transcripts/": "{request_id}.{format}",
  "/v1/transcripts/{request_id}/translations/": "{language}.{format}",
};

/** A path of Hono's as OpenAPI writes it. */
const documented = (path: string) =>
  path
    .replace(/:(\w+)(?!\w*\{)/g, "{$1}")
    .replace(/^(.*\/):file\{.*\}$/, (_, start: string) => start + FILES[start]);

/** Where programs ask. */
const API = /^\/(v1|hook|health|openapi\.json|docs)(\/|$)/;

/** What is for people: none that asks for a token or is where programs ask, wherever it is listed. */
const isPage = (route: Route) =>
  PAGES.includes(route) && route.scope === null && !API.test(route.path);

describe("the document", () => {
  it("has every route but the pages with its scope, and no other", () => {
    const routes = ROUTES.filter((route) => !isPage(route)).map(
      ({ method, path, scope }) =>
        `${method} ${documented(path)} ${scope === null ? null : scopesOf(scope).join()}`,
    );
    const operations = OPERATIONS.map(({ path, method, operation: { security } }) => {
      const scope = security[0]?.token?.join() ?? null;
      return `${method.toUpperCase()} ${path} ${scope}`;
    });
    expect(operations.sort()).toEqual(routes.sort());
  });

  it("has operations with names of their own", () => {
    const names = OPERATIONS.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it("refers only to what it has, and has nothing that it does not refer to", () => {
    const text = JSON.stringify(DOCUMENT);
    const refs = new Set([...text.matchAll(/#\/components\/(\w+)\/([\w-]+)/g)].map(([ref]) => ref));
    const { securitySchemes: _, ...components } = DOCUMENT.components;
    const known = Object.entries(components).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `#/components/${kind}/${name}`),
    );
    expect([...refs].sort()).toEqual(known.sort());
  });
});

type Sample = { name: string; schema: Schema; value: unknown };

const media = (content: Record<string, MediaType> = {}): Sample[] =>
  Object.entries(content).flatMap(([type, { schema, examples = {} }]) =>
    Object.entries(examples).map(([name, { value }]) => ({
      name: `${type} ${name}`,
      schema,
      value,
    })),
  );

const samplesOf = ({ parameters = [], requestBody, responses }: Operation): Sample[] => [
  ...parameters
    .filter(({ example }) => example !== undefined)
    .map(({ name, schema, example }) => ({ name, schema, value: example })),
  ...media(requestBody?.content),
  ...Object.values(responses).flatMap((answer) => media(resolve<Answer>(answer).content)),
];

const wrong = (samples: Sample[]) =>
  samples
    .map(({ name, schema, value }) => ({ name, faults: faults(schema, value) }))
    .filter(({ faults }) => faults.length > 0);

it.each(OPERATIONS)("$method $path has examples, which are of their schemas", ({ operation }) => {
  expect(wrong(samplesOf(operation))).toEqual([]);
});

it("examples of headers are of their schemas", () => {
  const headers = Object.entries(DOCUMENT.components.headers);
  const samples = headers.map(([name, { schema, example }]) => ({ name, schema, value: example }));
  expect(wrong(samples)).toEqual([]);
});

it.each([
  [{ request_id: 1 }, "FollowUp"],
  [{ title: "Gone", status: "410", code: "x", detail: "" }, "Problem"],
  [{ title: "Gone", status: 410, code: "x", detail: "", more: 1 }, "Problem"],
  [{ title: "Gone", status: 410, detail: "" }, "Problem"],
  [{ hits: [{ start: 0 }] }, "Hits"],
  ["00000000-0000-0000-0000-000000000000", "Hits"],
  [{ channels: {} }, "DeepgramResults"],
  [{ channels: [{ alternatives: [{ words: [{ word: "a", start: "0" }] }] }] }, "DeepgramResults"],
  [{ utterances: [{ words: [{ start: 0 }] }] }, "DeepgramResults"],
])("%j is not taken for a %s", (value, name) => {
  expect(faults({ $ref: `#/components/schemas/${name}` }, value)).not.toEqual([]);
});

describe("Deepgram's results", () => {
  const { results } = listenBody({
    channels: 2,
    alternatives: 2,
    language: "multi",
    diarize: true,
    smartFormat: true,
    paragraphs: true,
    utterances: true,
    detectLanguage: true,
  });

  it("have types down to the words", () => {
    // Strict: members that the schema does not name are faults.
    const strict = JSON.parse(JSON.stringify(DOCUMENT.components.schemas), (name, value) =>
      name === "additionalProperties" ? false : value,
    );
    const schema = { $ref: "#/components/schemas/DeepgramResults" };
    const { errors } = new Validator({ ...schema, components: { schemas: strict } }).validate(
      results,
    );
    expect(errors).toEqual([]);
    const word = results.utterances?.[0]?.words[0] ?? {};
    expect(Object.keys(word)).toEqual(
      expect.arrayContaining(["word", "punctuated_word", "speaker", "confidence", "start", "end"]),
    );
  });

  it("may have members that nobody knows yet, and null for what is not there", () => {
    const grown = JSON.parse(JSON.stringify(results), (_, value) =>
      typeof value === "object" && !Array.isArray(value)
        ? { ...value, speaker: null, summary: null, brand_new: [{}] }
        : value,
    );
    expect(faults({ $ref: "#/components/schemas/DeepgramResults" }, grown)).toEqual([]);
  });
});
