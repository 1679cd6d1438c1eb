import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Samples } from "./statistics.ts";

/** A request that shows a secret. */
export type Attempt = { method: string; path: string; headers: object; body: string };

/** Makes the request that shows this secret. */
export type Present = (secret: string) => Attempt;

const WARM_UP_ROUNDS = 500;

/** Each group before and after each other one equally often. */
const ORDERS = [
  ["first", "again", "last"],
  ["last", "again", "first"],
  ["again", "last", "first"],
  ["first", "last", "again"],
  ["last", "first", "again"],
  ["again", "first", "last"],
] as const;

/** The secret with another first byte, or last one; it stays as long as it was. */
export const wrongAt = (secret: string, place: "first" | "last") =>
  place === "first" ? `~${secret.slice(1)}` : `${secret.slice(0, -1)}~`;

/**
 * Measures how long a Worker takes to refuse a secret with a wrong first byte, the same once more, and
 * one with a wrong last byte, in turn over one connection. Throws when the secret itself is refused or
 * a wrong one is not.
 */
export async function measure(
  url: URL,
  present: Present,
  secret: string,
  rounds: number,
): Promise<Samples> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const right = await send(url, present(secret), agent);
    if (right.status === 401) throw new Error("the right secret was refused");
    const attempts = {
      first: present(wrongAt(secret, "first")),
      again: present(wrongAt(secret, "first")),
      last: present(wrongAt(secret, "last")),
    };
    const samples = {
      first: new Float64Array(rounds),
      again: new Float64Array(rounds),
      last: new Float64Array(rounds),
    };
    const warmUp = Math.min(WARM_UP_ROUNDS, rounds);
    for (let round = -warmUp; round < rounds; round++) {
      for (const group of ORDERS[(round + warmUp) % ORDERS.length] ?? []) {
        const { status, ms } = await send(url, attempts[group], agent);
        if (status !== 401) throw new Error(`a wrong secret was answered ${status}`);
        if (round >= 0) samples[group][round] = ms;
      }
    }
    return samples;
  } finally {
    agent.destroy();
  }
}

async function send(
  url: URL,
  { method, path, headers, body }: Attempt,
  agent: Agent,
): Promise<{ status: number; ms: number }> {
  const sending = request(new URL(path, url), {
    method,
    agent,
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
  });
  const started = performance.now();
  sending.end(body);
  const [response] = (await once(sending, "response")) as [IncomingMessage];
  const ms = performance.now() - started;
  await response.resume().toArray();
  return { status: response.statusCode ?? 0, ms };
}
