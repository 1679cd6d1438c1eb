import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What answers in the place of the Worker; false lets the request through. */
export type Obstacle = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Browser Integrity Check as an API client meets it: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1010/ */
export const integrityCheck: Obstacle = ({ headers }, response) => {
  if (headers["user-agent"]) return false;
  const type = { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" };
  response.writeHead(403, type).end("error code: 1010");
  return true;
};

/** A challenge that no program passes. */
export const challenge: Obstacle = ({ url }, response) => {
  if (url !== "/hook") return false;
  const headers = {
    "content-type": "text/html",
    server: "cloudflare",
    "cf-mitigated": "challenge",
  };
  response.writeHead(403, headers).end("<!DOCTYPE html><title>Just a moment...</title>");
  return true;
};

/** "Always Use HTTPS" of a zone. */
export const alwaysHttps: Obstacle = ({ url, headers }, response) => {
  response.writeHead(301, { location: `https://${headers.host}${url}` }).end();
  return true;
};

export type Front = { url: string; close: () => Promise<void> };

/** Starts a server on a free port that plays Cloudflare in front of the Worker at `upstream`. */
export async function behindCloudflare(upstream: string, obstacle: Obstacle): Promise<Front> {
  const server = createServer(async (request, response) => {
    if (obstacle(request, response)) return;
    const { host: _, connection: __, ...headers } = request.headers;
    const body = await buffer(request);
    const answer = await fetch(upstream + request.url, {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      redirect: "manual",
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
