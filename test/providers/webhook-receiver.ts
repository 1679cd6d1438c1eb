import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { signatureFault } from "./signature.ts";

/** One request that arrived. `fault` says what is wrong with its signature. */
export type WebhookDelivery = {
  method: string;
  path: string;
  id: string;
  /** Seconds since 1970, as sent. */
  timestamp: string;
  valid: boolean;
  fault: string | null;
  headers: Record<string, string>;
  body: string;
  /** What was answered; null while it hangs or when the sender left before. */
  status: number | null;
};

/** How the next requests are answered. `hangMs` comes before the answer. */
type Failure = { status: number; headers: Record<string, string>; hangMs: number };

export type WebhookReceiver = {
  /** Where the webhook is delivered. */
  url: string;
  deliveries: readonly WebhookDelivery[];
  /** Answers the next `times` requests with `status`, whatever their signature. */
  failNext: (times: number, status: number, headers?: Record<string, string>) => void;
  /** Keeps the next request waiting before it is answered 204. */
  hang: (ms: number) => void;
  close: () => Promise<void>;
};

export type WebhookReceiverOptions = {
  /** `whsec_…`; several while they are rotated. */
  secret: string | string[];
  /** 0 takes a free port. */
  port?: number;
};

type Endpoint = { secrets: string[]; deliveries: WebhookDelivery[]; failures: Failure[] };

const answer = (
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body?: unknown,
): void => {
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...headers,
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};

const deliveryOf = async (
  request: IncomingMessage,
  secrets: string[],
): Promise<WebhookDelivery> => {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const body = await text(request);
  const signed = {
    "webhook-id": headers["webhook-id"] ?? "",
    "webhook-timestamp": headers["webhook-timestamp"] ?? "",
    "webhook-signature": headers["webhook-signature"] ?? "",
  };
  const fault = signatureFault(secrets, signed, body);
  const sent = { id: signed["webhook-id"], timestamp: signed["webhook-timestamp"] };
  const { method = "", url: path = "" } = request;
  return { method, path, ...sent, valid: fault === null, fault, headers, body, status: null };
};

const receive = async (endpoint: Endpoint, request: IncomingMessage, response: ServerResponse) => {
  const failure = endpoint.failures.shift();
  const delivery = await deliveryOf(request, endpoint.secrets);
  endpoint.deliveries.push(delivery);
  if (failure !== undefined) await sleep(failure.hangMs, undefined, { ref: false });
  if (response.destroyed) return;
  delivery.status = failure?.status ?? (delivery.valid ? 204 : 401);
  answer(response, delivery.status, failure?.headers);
};

const fail = ({ failures }: Endpoint, times: number, failure: Failure): void => {
  for (let index = 0; index < times; index++) failures.push(failure);
};

/**
 * `GET /_deliveries` lists what arrived, `DELETE /_deliveries` forgets it and the failures ordered,
 * `POST /_fail {"times":1,"status":503,"headers":{},"hangMs":0}` orders failures.
 */
const control = async (endpoint: Endpoint, request: IncomingMessage, response: ServerResponse) => {
  switch (`${request.method} ${request.url}`) {
    case "GET /_deliveries":
      return answer(response, 200, {}, { deliveries: endpoint.deliveries });
    case "DELETE /_deliveries":
      endpoint.deliveries.length = 0;
      endpoint.failures.length = 0;
      return answer(response, 204);
    case "POST /_fail": {
      const order = (await json(request)) as Partial<Failure> & { times?: number };
      const { times = 1, status = 204, headers = {}, hangMs = 0 } = order;
      fail(endpoint, times, { status, headers, hangMs });
      return answer(response, 204);
    }
    default:
      return answer(response, 404);
  }
};

/**
 * Starts a customer's webhook endpoint on 127.0.0.1: 204 to what is signed by a known secret, 401 to
 * the rest. Paths that begin with `/_` control it. Rejects when the port is taken.
 */
export const startWebhookReceiver = async (
  options: WebhookReceiverOptions,
): Promise<WebhookReceiver> => {
  const endpoint: Endpoint = { secrets: [options.secret].flat(), deliveries: [], failures: [] };
  const server = createServer((request, response) => {
    const handle = request.url?.startsWith("/_") ? control : receive;
    handle(endpoint, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    deliveries: endpoint.deliveries,
    failNext: (times, status, headers = {}) =>
      fail(endpoint, times, { status, headers, hangMs: 0 }),
    hang: (ms) => fail(endpoint, 1, { status: 204, headers: {}, hangMs: ms }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
