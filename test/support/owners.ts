import { basic, send } from "./deliver.ts";
import { type JobCall, SIGNING_KEYS } from "./jobs.ts";

/** Tokens of two users and of an operator. */
export const OWNERS: Partial<Env> = {
  API_TOKENS:
    "alice:submit:token-alice bob:submit:token-bob operator:read+submit+admin:token-operator",
  SIGNING_KEYS,
  PUBLIC_URL: "https://edge.test",
};

export type OwnerName = "alice" | "bob" | "operator";

export type Registration = {
  status: number;
  body: Record<string, unknown> & { job: string; callback_url: string; request_id: string };
};

/** `POST /v1/expected` with the token of one of them. */
export async function register(
  owner: OwnerName,
  body: Record<string, unknown> = {},
  replaced: Partial<Env> = {},
): Promise<Registration> {
  const request = new Request("https://edge.test/v1/expected", {
    method: "POST",
    headers: { authorization: `Bearer token-${owner}` },
    body: JSON.stringify(body),
  });
  const response = await send(request, { ...OWNERS, ...replaced });
  return { status: response.status, body: await response.json() };
}

/** The job of a registration, to call. */
export function jobIn({ body }: Registration): JobCall {
  const { username, password } = new URL(body.callback_url);
  return { name: body.job, authorization: basic(`${username}:${password}`) };
}

/** A job of one of them, to call. */
export const jobBy = async (owner: OwnerName, body: Record<string, unknown> = {}) =>
  jobIn(await register(owner, body));
