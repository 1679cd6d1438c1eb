import { type Received, type Service, startFakeServer } from "./fake-server.ts";
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

export type WebhookReceiver = {
  /** Where the webhook is delivered. */
  url: string;
  readonly deliveries: readonly WebhookDelivery[];
  /** Answers the next `times` requests with `status`, whatever their signature. */
  failNext: (times: number, status: number, headers?: Record<string, string>) => void;
  /** Keeps the next request waiting before it is answered. */
  hang: (ms: number) => void;
  close: () => Promise<void>;
};

export type WebhookReceiverOptions = {
  /** `whsec_…`; several while they are rotated. */
  secret: string | string[];
  /** 0 takes a free port. */
  port?: number;
};

const signedHeaders = ({ headers }: Received) => ({
  "webhook-id": headers["webhook-id"] ?? "",
  "webhook-timestamp": headers["webhook-timestamp"] ?? "",
  "webhook-signature": headers["webhook-signature"] ?? "",
});

const deliveryOf = (request: Received, fault: string | null): WebhookDelivery => {
  const { "webhook-id": id, "webhook-timestamp": timestamp } = signedHeaders(request);
  return { ...request, id, timestamp, valid: fault === null, fault };
};

/**
 * Starts a customer's webhook endpoint on 127.0.0.1: 204 to what is signed by a known secret, 401 to
 * the rest. `GET` and `DELETE /_deliveries` tell and forget what came; `POST /_fail` orders failures,
 * as with every simulated provider. Rejects when the port is taken.
 */
export const startWebhookReceiver = async (
  options: WebhookReceiverOptions,
): Promise<WebhookReceiver> => {
  const secrets = [options.secret].flat();
  // Judged as they come: a signature grows old.
  const faults = new WeakMap<Received, string | null>();
  const deliveries = (requests: readonly Received[]) =>
    requests.map((request) => deliveryOf(request, faults.get(request) ?? null));
  const service = (requests: readonly Received[]): Service => ({
    receive: (request) => {
      faults.set(request, signatureFault(secrets, signedHeaders(request), request.body));
    },
    serve: (request) => ({ status: faults.get(request) === null ? 204 : 401 }),
    state: () => ({ deliveries: deliveries(requests) }),
  });
  const server = await startFakeServer(service, options.port);
  return {
    url: `${server.url}/webhook`,
    get deliveries() {
      return deliveries(server.requests());
    },
    failNext: (times, status, headers = {}) => server.fail(times, { status, headers }),
    hang: (hangMs) => server.fail(1, { hangMs }),
    close: server.close,
  };
};
