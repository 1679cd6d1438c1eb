import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** One request as it came. */
export type Received = {
  method: string;
  /** With its query, without the world it went to. */
  path: string;
  headers: Record<string, string>;
  body: string;
  /** What was answered; null while it hangs, and when nothing was. */
  status: number | null;
};

export type Answer = { status: number; headers?: Record<string, string>; body?: unknown };

/**
 * How a request goes wrong. With a `status` it is refused before anything is done; without one it is
 * served, and the answer comes late or, after `drop`, not at all.
 */
export type Failure = {
  status: number | null;
  headers: Record<string, string>;
  /** Comes before the answer. */
  hangMs: number;
  /** Closes the connection without an answer: before anything was done, or after all of it was. */
  drop: "before" | "after" | null;
  /** A body that continues until the sender stops reading it. */
  endless: boolean;
  /** Says the request back wherever a refusal has words. */
  echo: boolean;
};

/** What a fake does in one of its worlds. */
export type Service = {
  /** Sees every request first, also one that is then refused. */
  receive?: (request: Received) => void;
  /** Keeps what it is to remember, and tells the answer. */
  serve: (request: Received) => Answer;
  /** The body of an ordered failure, in the form of the API; without it there is none. */
  refusal?: (status: number) => unknown;
  /** What `GET /_state` gives besides the requests. */
  state: () => Record<string, unknown>;
};

export type FakeServer = {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Orders failures of the next `times` requests in a world, by default the nameless one. */
  fail: (times: number, failure: Partial<Failure>, world?: string) => void;
  /** What came to a world since it began. */
  requests: (world?: string) => readonly Received[];
  close: () => Promise<void>;
};

type World = { service: Service; failures: Failure[]; requests: Received[] };

const NO_FAILURE: Failure = {
  status: null,
  headers: {},
  hangMs: 0,
  drop: null,
  endless: false,
  echo: false,
};
const ENDLESS_CHUNK_BYTES = 4_096;
const WORLD = /^\/~([\w-]+)(?=\/|$)/;

const send = (response: ServerResponse, { status, headers = {}, body }: Answer): void => {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...type, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};

const receivedOf = async (request: IncomingMessage, path: string): Promise<Received> => ({
  method: request.method ?? "",
  path,
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  ),
  body: await text(request),
  status: null,
});

const pour = async (response: ServerResponse, { status, headers }: Answer): Promise<void> => {
  response.writeHead(status, headers);
  while (!response.destroyed) {
    response.write(" ".repeat(ENDLESS_CHUNK_BYTES));
    await sleep(1, undefined, { ref: false });
  }
};

const echoing = (words: unknown, request: string) =>
  Object.fromEntries(
    Object.entries(words ?? {}).map(([name, value]) => [
      name,
      typeof value === "string" ? request : value,
    ]),
  );

const serve = async (
  { service, failures, requests }: World,
  request: Received,
  response: ServerResponse,
): Promise<void> => {
  const { status, headers, hangMs, drop, endless, echo } = failures.shift() ?? NO_FAILURE;
  requests.push(request);
  service.receive?.(request);
  const words = status === null ? null : service.refusal?.(status);
  const body = echo ? echoing(words, request.body) : words;
  const refused = status === null ? null : { status, headers, body };
  const answer = refused ?? (drop === "before" ? null : service.serve(request));
  await sleep(hangMs, undefined, { ref: false });
  if (answer === null || drop !== null || response.destroyed) {
    response.destroy();
    return;
  }
  request.status = answer.status;
  if (endless) await pour(response, answer);
  else send(response, answer);
};

/**
 * `GET /_state` tells what a world has seen, `DELETE /_state` begins it anew, and `POST /_fail` takes
 * `{"times":1,"status":503,"headers":{},"hangMs":0,"drop":"after","endless":false,"echo":false}` without what is not
 * wanted, or a list of such orders.
 */
const control = async (
  world: World,
  begin: () => void,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  switch (`${request.method} ${path.replace("/_deliveries", "/_state")}`) {
    case "GET /_state":
      return send(response, {
        status: 200,
        body: { requests: world.requests, ...world.service.state() },
      });
    case "DELETE /_state":
      begin();
      return send(response, { status: 204 });
    case "POST /_fail": {
      type Order = Partial<Failure> & { times?: number };
      for (const { times = 1, ...order } of [(await json(request)) as Order | Order[]].flat()) {
        world.failures.push(...Array.from({ length: times }, () => ({ ...NO_FAILURE, ...order })));
      }
      return send(response, { status: 204 });
    }
    default:
      return send(response, { status: 404 });
  }
};

/**
 * Starts a simulated API on 127.0.0.1, 0 taking a free port. A base URL that ends with `/~NAME` is a
 * world of its own: what is seen and ordered in it touches no other.
 */
export const startFakeServer = async (
  service: (requests: readonly Received[]) => Service,
  port = 0,
): Promise<FakeServer> => {
  const worlds = new Map<string, World>();
  const begin = (name: string): World => {
    const requests: Received[] = [];
    const world: World = { service: service(requests), failures: [], requests };
    worlds.set(name, world);
    return world;
  };
  const worldOf = (name: string): World => worlds.get(name) ?? begin(name);
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const name = WORLD.exec(request.url ?? "")?.[1] ?? "";
    const path = (request.url ?? "").replace(WORLD, "");
    const world = worldOf(name);
    if (path.startsWith("/_")) return control(world, () => begin(name), path, request, response);
    return serve(world, await receivedOf(request, path), response);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (times, failure, world = "") => {
      const failures = Array.from({ length: times }, () => ({ ...NO_FAILURE, ...failure }));
      worldOf(world).failures.push(...failures);
    },
    requests: (world = "") => worldOf(world).requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** The fields of a JSON object; null for any other text. */
export function jsonFields(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
