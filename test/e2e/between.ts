import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

/** What stands between a client and a Worker may answer in its place, or spoil its answer. */
export type Meddler = (asked: { path: string; nth: number }) => Meddling | null;

export type Meddling =
  | { answer: number; headers?: Record<string, string> }
  /** After so many bytes of the Worker's answer the connection breaks. */
  | { cutAfter: number }
  /** The Worker's answer with its first byte changed. */
  | { spoil: true };

export type Between = {
  url: string;
  /** Paths that were asked for, in their order. */
  asked: string[];
  close: () => Promise<void>;
};

/** A server on a free port of 127.0.0.1 that passes requests on to another, changed by `rewrite`. */
export async function between(
  target: () => string,
  meddle: Meddler,
  rewrite: (path: string) => string = (path) => path,
): Promise<Between> {
  const asked: string[] = [];
  const times = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "/";
    asked.push(path);
    const nth = (times.get(path) ?? 0) + 1;
    times.set(path, nth);
    const meddling = meddle({ path, nth });
    if (meddling !== null && "answer" in meddling) {
      outgoing.writeHead(meddling.answer, meddling.headers).end();
    } else {
      pass(incoming, outgoing, new URL(rewrite(path), target()), meddling);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, asked, close };
}

function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  url: URL,
  meddling: Exclude<Meddling, { answer: number }> | null,
): void {
  const { method = "GET", headers } = incoming;
  const sent = request(url, { method, headers: { ...headers, host: url.host } }, async (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    // What breaks off there breaks off here.
    if (meddling === null) return void pipeline(answer, outgoing).catch(() => outgoing.destroy());
    const bytes = Buffer.concat(await Array.fromAsync(answer));
    if ("spoil" in meddling) outgoing.end(Buffer.concat([Buffer.from("!"), bytes.subarray(1)]));
    else outgoing.write(bytes.subarray(0, meddling.cutAfter), () => outgoing.destroy());
  });
  sent.on("error", () => outgoing.destroy());
  incoming.pipe(sent);
}
