import { send } from "../../support/deliver.ts";

export const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";

const ORIGIN = "https://edge.test";

const CONFIGURED: Partial<Env> = { SIGNING_KEYS, PUBLIC_URL: ORIGIN };

export type Browsing = {
  cookie?: string;
  headers?: Record<string, string>;
  env?: Partial<Env>;
};

/** Asks for a page as a browser with a cookie does. */
export function visit(path: string, { cookie, headers, env }: Browsing = {}): Promise<Response> {
  const request = new Request(new URL(path, ORIGIN), {
    redirect: "manual",
    headers: { ...(cookie && { cookie }), ...headers },
  });
  return send(request, { ...CONFIGURED, ...env });
}

/** Sends a form as a page of ours does. */
export function submitForm(
  path: string,
  fields: Record<string, string> | [string, string][],
  { cookie, headers, env }: Browsing = {},
): Promise<Response> {
  const request = new Request(new URL(path, ORIGIN), {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin",
      ...(cookie && { cookie }),
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  });
  return send(request, { ...CONFIGURED, ...env });
}

/** Signs in with a token and gives the cookie. */
export async function signIn(token = "admin-token", env: Partial<Env> = {}): Promise<string> {
  const response = await submitForm("/sign-in", { token }, { env });
  return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** The code that the forms of a session carry. */
export async function codeOf(cookie: string, env: Partial<Env> = {}): Promise<string> {
  const text = await (await visit("/", { cookie, env })).text();
  return /name="code" value="([^"]+)"/.exec(text)?.[1] ?? "";
}

/** Sends a form of a session, with its code. */
export async function act(
  path: string,
  fields: Record<string, string>,
  { cookie, ...rest }: Browsing & { cookie: string },
): Promise<Response> {
  const code = await codeOf(cookie, rest.env);
  return submitForm(path, { ...fields, code }, { cookie, ...rest });
}
