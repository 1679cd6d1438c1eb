import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import worker from "../../../src/index.ts";
import { BASIC } from "../../support/deliver.ts";
import { OPERATOR } from "../../support/get.ts";
import { invoked } from "./bill.ts";
import type { BilledEnv } from "./billed-env.ts";

type Asking = { method?: string; headers?: Record<string, string>; body?: BodyInit | null };

/** Asks the Worker as an operator; gives the answer when everything behind it is over too. */
export async function ask(
  billed: BilledEnv,
  path: string,
  { method = "GET", headers, body = null }: Asking = {},
): Promise<{ status: number; etag: string; text: string }> {
  const context = createExecutionContext();
  const request = new Request(`https://edge.test${path}`, {
    method,
    body,
    headers: { authorization: OPERATOR, ...headers },
  });
  invoked(billed.bill, "workerRequests");
  const incoming = request as Request<unknown, IncomingRequestCfProperties>;
  const response = await worker.fetch(incoming, billed.env, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, etag: response.headers.get("etag") ?? "", text };
}

/** `bytes` announces the length. */
type Delivery = { path?: string; authorization?: string; bytes?: number };

/** Delivers a callback to `/hook` as Deepgram does; gives the status. */
export async function callBack(
  billed: BilledEnv,
  body: BodyInit,
  { path = "/hook", authorization = BASIC, bytes }: Delivery = {},
): Promise<number> {
  const length = bytes === undefined ? {} : { "content-length": String(bytes) };
  const headers = { authorization, "content-type": "application/json", ...length };
  return (await ask(billed, path, { method: "POST", headers, body })).status;
}
