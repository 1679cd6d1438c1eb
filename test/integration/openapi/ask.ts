import { env } from "cloudflare:workers";
import { send } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { OPERATIONS } from "./documented.ts";

export type Asking = {
  /** Values of the path's parameters; those not given are the examples of the document. */
  params?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: BodyInit;
  env?: Partial<Env>;
};

/** What several operations need, and the Worker has where they work. */
export const CONFIGURED: Partial<Env> = {
  SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
  PUBLIC_URL: "https://edge.test",
};

/** Asks the Worker for an operation of the document, as an operator unless a header says otherwise. */
export function ask(operationId: string, asking: Asking = {}): Promise<Response> {
  const { params = {}, query = {}, headers, body, env: replaced } = asking;
  const { path, method, operation } = described(operationId);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const example = operation.parameters?.find((parameter) => parameter.name === name)?.example;
    return encodeURIComponent(params[name] ?? String(example));
  });
  const url = new URL(filled, "https://edge.test");
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const init = {
    method: method.toUpperCase(),
    headers: { authorization: "Bearer admin-token", ...headers },
    ...(body !== undefined && { body }),
  };
  return send(new Request(url, init), { ...CONFIGURED, ...replaced });
}

const away = refuses("away");

const full = { limit: async () => ({ success: false }) };

/** Stores that do not answer. */
export const STORAGE_AWAY: Partial<Env> = {
  TRANSCRIPTS: faulty(env.TRANSCRIPTS, { get: away, head: away, list: away, put: away }),
  SETTINGS: faulty(env.SETTINGS, { get: away, list: away, put: away }),
  CATALOGUE: faulty(env.CATALOGUE, {
    prepare: () => {
      throw new Error("away");
    },
  }),
};

/** What every operation answers that asks for a token: 401, 403, 429, 500 and 503. */
export const guards = (operationId: string, asking: Asking = {}): Promise<Response>[] => {
  const { security } = described(operationId).operation;
  const other = security[0]?.token?.includes("read") ? "submit" : "read";
  const as = (token: string, env: Partial<Env> = {}) =>
    ask(operationId, {
      ...asking,
      headers: { ...asking.headers, authorization: `Bearer ${token}` },
      env: { ...asking.env, ...env },
    });
  return [
    as("wrong"),
    as("scopeless", { API_TOKENS: `two:${other}:scopeless` }),
    as("wrong", { GUESS_RATE_LIMIT: faulty(env.GUESS_RATE_LIMIT, full) }),
    as("admin-token", { API_RATE_LIMIT: faulty(env.API_RATE_LIMIT, full) }),
    as("admin-token", { CORS_ORIGINS: 1 as never }),
    as("admin-token", { API_TOKENS: "" }),
    as("admin-token", STORAGE_AWAY),
  ];
};

function described(operationId: string) {
  const found = OPERATIONS.find(({ operation }) => operation.operationId === operationId);
  if (found === undefined) throw new Error(`There is no ${operationId}`);
  return found;
}
