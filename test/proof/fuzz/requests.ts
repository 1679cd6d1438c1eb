import type { Route } from "../../../src/http/route.ts";
import type { Schema } from "../../../src/openapi/json-schema.ts";
import { ROUTES } from "../../../src/routes.ts";
import { DOCUMENT, OPERATIONS, resolve } from "../../integration/openapi/documented.ts";
import { BASIC } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { admitted, anyJson, anyText, JOB_CREDENTIAL, KNOWN_ID, KNOWN_JOB } from "./values.ts";

export type Asked = {
  route: Route;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
};

const parameters = OPERATIONS.flatMap(({ operation }) =>
  (operation.parameters ?? []).map((each) => resolve(each)),
);
const namesIn = (place: string) => [
  ...new Set(parameters.filter((each) => each.in === place).map(({ name }) => name)),
];

/** Of all operations: one that is added is tried on every route. */
const QUERY_NAMES = [...namesIn("query"), "part", "page", "next", "notice"];
const HEADER_NAMES = namesIn("header").filter((name) => name !== "Upgrade");

function membersOf(schema: Schema): string[] {
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => [
      name,
      ...membersOf(each),
    ]),
    ...(schema.items ? membersOf(schema.items) : []),
    ...(schema.anyOf ?? []).flatMap(membersOf),
  ];
}

const bodies = OPERATIONS.flatMap(({ operation }) => {
  const { requestBody } = operation;
  return requestBody === undefined ? [] : Object.values(resolve(requestBody).content);
});
const MEMBERS = [
  ...new Set([
    ...bodies.flatMap(({ schema }) => membersOf(schema)),
    ...Object.values(DOCUMENT.components.schemas).flatMap(membersOf),
  ]),
];
const EXAMPLES = bodies.flatMap(({ examples }) =>
  Object.values(examples ?? {}).map(({ value }) => JSON.stringify(value)),
);

const formOf = (fields: [string, string][]) =>
  new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
  ).toString();

const FIELDS = [...MEMBERS, "code", "token", "name", "to", "channel", "url", "digest", "next"];

const body = fc.oneof(
  fc.constantFrom("", "{}", "[]", "null", ...EXAMPLES),
  anyJson(MEMBERS).map((value) => JSON.stringify(value) ?? ""),
  fc.array(fc.tuple(fc.constantFrom(...FIELDS), anyText), { maxLength: 6 }).map(formOf),
  anyText,
);

/** Waiting is asked for as 0: nothing here is to take a minute. */
const patient = (name: string, value: string) =>
  name === "wait" && Number(value) > 0 && Number(value) <= 60 ? "0" : value;

const queryText = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...QUERY_NAMES), anyText), anyText), { maxLength: 5 })
  .map((pairs) =>
    formOf(pairs.map(([name, value]): [string, string] => [name, patient(name, value)])),
  );

const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constant(KNOWN_ID) },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constantFrom(`${KNOWN_ID}.vtt`, `${KNOWN_ID}.json`, "es.srt") },
);

const jobSegment = fc.oneof(
  { weight: 3, arbitrary: fc.constant(KNOWN_JOB) },
  { weight: 1, arbitrary: segment },
);

/** The route's path with something in the place of each of its parameters. */
const pathOf = ({ path }: Route): fc.Arbitrary<string> => {
  const given = path.endsWith("/:job") ? jobSegment : segment;
  return fc.array(given, { minLength: 3, maxLength: 3 }).map((given) => {
    let at = 0;
    return path.replaceAll(/:\w+(\{[^}]*\})?/g, () =>
      encodeURIComponent((given[at++] ?? "").toWellFormed()),
    );
  });
};

const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

const OPEN_BASIC = `Basic ${base64("deepgram:wrong")}`;

/** An `Authorization` of any shape, none of them valid. */
export const worthless: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(OPEN_BASIC, "Basic", "Basic =", "Bearer", "Bearer ", "Token", "Digest a=b", ":"),
  anyText.map((text) => `Basic ${base64(text.toWellFormed())}`),
  anyText.map((text) => `Bearer ${text}`),
  anyText,
);

const TOKENS = ["Bearer admin-token", "Token admin-token", "Bearer read-token"];

/** What is good for some of the routes, mostly for this one. */
const validFor = ({ path }: Route): fc.Arbitrary<string> => {
  const [here, elsewhere] = path.startsWith("/hook")
    ? [[BASIC, JOB_CREDENTIAL], TOKENS]
    : [TOKENS, [BASIC, JOB_CREDENTIAL]];
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...here) },
    { weight: 1, arbitrary: fc.constantFrom(...elsewhere) },
  );
};

const headers = fc.dictionary(
  fc.constantFrom(
    ...[...HEADER_NAMES, "Accept", "Content-Type", "Content-Encoding", "Accept-Language"],
    ...["Origin", "Cookie", "X-Forwarded-For", "Sec-Fetch-Site", "Accept-Encoding"],
  ),
  fc.oneof(
    anyText,
    fc.constantFrom("text/vtt", "text/html;q=0.5, */*", "bytes=0-0,5-", "bytes=-1", 'W/"x"', "*"),
    fc.constantFrom("application/x-www-form-urlencoded", "session=a.b", "same-origin"),
  ),
  { maxKeys: 4 },
);

/** A request to any route of the table; with valid credentials where `isTrusted`. */
export const anyRequest = (isTrusted: boolean): fc.Arbitrary<Asked> =>
  fc.constantFrom(...ROUTES).chain((route) =>
    fc
      .record({
        path: pathOf(route),
        query: queryText,
        given: headers,
        authorization: fc.option(
          isTrusted
            ? fc.oneof(
                { weight: 6, arbitrary: validFor(route) },
                { weight: 1, arbitrary: worthless },
              )
            : worthless,
        ),
        other: fc.constantFrom("PATCH", "HEAD", "OPTIONS", ...Array(9).fill(route.method)),
        body,
      })
      .map(({ path, query, given, authorization, other, body: text }) => {
        const isBodiless = other === "GET" || other === "HEAD";
        const credential: Record<string, string> = authorization === null ? {} : { authorization };
        return {
          route,
          method: other,
          path: `${path}${query === "" ? "" : `?${query}`}`,
          headers: admitted({ ...given, ...credential }),
          body: isBodiless ? null : text.toWellFormed(),
        };
      }),
  );
