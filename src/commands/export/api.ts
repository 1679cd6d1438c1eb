import { setTimeout as sleep } from "node:timers/promises";

/** What a Worker answers to a token of scope admin. */
export type Api = {
  /** JSON of any shape. */
  json: (path: string) => Promise<unknown>;
  /** Null where it is not to be had as a body: 404, 410, 422 or 424. */
  body: (path: string) => Promise<ReadableStream<Uint8Array> | null>;
};

const ATTEMPTS = 8;
const RETRY_AFTER_MS = 2_000;
const MAX_RETRY_AFTER_MS = 60_000;
const ABSENT = new Set([404, 410, 422, 424]);

/** Asks again while a Worker is busy or its storage away. Throws on any other answer. */
export function apiOf(origin: URL, token: string): Api {
  const headers = { authorization: `Bearer ${token}`, "accept-encoding": "identity" };
  const ask = async (path: string, attempt = 1): Promise<Response> => {
    const response = await fetch(new URL(path, origin), { headers, redirect: "manual" }).catch(
      (error: Error) => error,
    );
    const isPassing =
      response instanceof Error || response.status === 429 || response.status === 503;
    if (!isPassing) return response;
    if (attempt === ATTEMPTS) {
      const what = response instanceof Error ? response.message : `answers ${response.status}`;
      throw new Error(`${origin.host}${path}: ${what}`);
    }
    const seconds = response instanceof Error ? 0 : Number(response.headers.get("retry-after"));
    await sleep(Math.min(seconds * 1_000 || RETRY_AFTER_MS, MAX_RETRY_AFTER_MS));
    return ask(path, attempt + 1);
  };
  const refused = (path: string, { status }: Response) =>
    new Error(`${origin.host}${path} answers ${status}`);
  return {
    json: async (path) => {
      const response = await ask(path);
      if (!response.ok) throw refused(path, response);
      return response.json();
    },
    body: async (path) => {
      const response = await ask(path);
      if (response.ok && response.body !== null) return response.body;
      await response.body?.cancel();
      if (ABSENT.has(response.status)) return null;
      throw refused(path, response);
    },
  };
}
