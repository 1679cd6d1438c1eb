import { send } from "./deliver.ts";

/** The tokens that test/vitest.config.ts configures. */
export const READER = "Bearer read-token";
export const OPERATOR = "Bearer admin-token";

type Asking = {
  method?: string;
  headers?: Record<string, string>;
  env?: Partial<Env>;
  body?: string;
};

/** Asks the Worker for a path, with a token of scope read unless the headers say otherwise. */
export function get(
  path: string,
  { method = "GET", headers, env, body }: Asking = {},
): Promise<Response> {
  const request = new Request(`https://edge.test${path}`, {
    method,
    headers: { authorization: READER, ...headers },
    ...(body !== undefined && { body }),
  });
  return send(request, env);
}

/** The same as an operator. */
export const asOperator = (path: string, method = "GET"): Promise<Response> =>
  get(path, { method, headers: { authorization: OPERATOR } });
