import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { finished } from "node:stream/promises";

/** One callback as it went by. */
export type Seen = {
  /** Of the callback URL: which job it belongs to. */
  job: string;
  /** Lower-case hexadecimal, of all of the body that came. */
  sha256: string;
  bytes: number;
  /** Null when the Worker gave no answer. */
  status: number | null;
  /** To the answer, in milliseconds. */
  ms: number;
};

export type Witness = {
  /** Stands in for the Worker, at the same place through all of its lives. */
  url: string;
  seen: readonly Seen[];
  /** How many callbacks are under way. */
  underWay: () => number;
  /** Where the Worker is now; null while it is dead. */
  lead: (workerUrl: string | null) => void;
  close: () => Promise<void>;
};

/**
 * Stands between Deepgram and the Worker and writes down what was sent and what was answered. It keeps
 * nothing back: where the Worker breaks off, so does it.
 */
export async function startWitness(): Promise<Witness> {
  const seen: Seen[] = [];
  let target: string | null = null;
  let underWay = 0;
  const server = createServer(async (incoming, outgoing) => {
    underWay++;
    const one = await passOn(target, incoming, outgoing);
    underWay--;
    seen.push(one);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    underWay: () => underWay,
    lead: (url) => {
      target = url;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function passOn(
  target: string | null,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Seen> {
  const started = performance.now();
  const digest = createHash("sha256");
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => {
    digest.update(chunk);
    bytes += chunk.length;
  });
  const url = new URL(incoming.url ?? "/", target ?? "http://127.0.0.1");
  const status = target === null ? await unheard(incoming) : await answerOf(url, incoming);
  const ms = performance.now() - started;
  if (status === null) outgoing.destroy();
  else outgoing.writeHead(status, { "content-length": 0 }).end();
  const job = url.searchParams.get("job") ?? "";
  return { job, sha256: digest.copy().digest("hex"), bytes, status, ms };
}

/** All of it is taken, so that its digest is known. */
async function unheard(incoming: IncomingMessage): Promise<null> {
  await finished(incoming).catch(() => {});
  return null;
}

/** The status of an answer that came whole; null when the Worker or the sender broke off. */
function answerOf(url: URL, incoming: IncomingMessage): Promise<number | null> {
  const { method, headers } = incoming;
  return new Promise((resolve) => {
    const onward = request(url, { method, headers, agent: false });
    const broken = () => {
      onward.destroy();
      resolve(null);
    };
    onward.on("error", broken);
    onward.on("response", (response) => {
      response.resume();
      response.on("error", broken);
      response.on("end", () => resolve(response.statusCode ?? null));
    });
    incoming.on("error", broken);
    incoming.on("aborted", broken);
    incoming.pipe(onward);
  });
}
