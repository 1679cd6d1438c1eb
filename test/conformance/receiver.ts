import { Agent, request as plain } from "node:http";
import { request as secure } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** The receiver under test, as its operator describes it. */
export type Target = {
  /** The callback URL, without credentials. */
  url: URL;
  /** `user:password` pairs, each of which is valid. */
  credentials: string[];
  /** A valid `callback_secret`, where it takes one. */
  secret: string | null;
  /** Deepgram's `dg-token` for this account, where the receiver knows it. */
  dgToken: string;
  /** URL of a transcript, with `{request_id}` in it; null when what is kept cannot be read. */
  read: string | null;
  readHeaders: Record<string, string>;
};

export type Sending = {
  body: string | Uint8Array;
  method?: string;
  /** `user:password`; null sends none. The first of the target unless it is given. */
  credentials?: string | null;
  /** Added to those of Deepgram, or in their place; null leaves one out. */
  headers?: Record<string, string | null>;
  isChunked?: boolean;
  /** Sends the body in ten pieces with such pauses. */
  pauseMs?: number;
  /** Ends the connection after so many bytes of the body. */
  cutAfterBytes?: number;
  agent?: Agent;
  /** Called when the head of the answer is there, before its body. */
  onHead?: () => void;
};

export type Answer = { status: number; text: string; ms: number };

/** Deepgram's self-hosted default; that of the hosted service is not documented. */
export const ANSWER_WITHIN_MS = 10_000;

const PIECES = 10;

/**
 * Makes one callback request as Deepgram was seen to make it: no `user-agent`, a fixed length. Status 0
 * tells that no answer came: the connection ended, or ten seconds were over.
 */
export async function deliver(target: Target, sending: Sending): Promise<Answer> {
  const body = Buffer.from(sending.body as Uint8Array);
  const { credentials = target.credentials[0] ?? null } = sending;
  const headers: Record<string, string | null> = {
    host: target.url.host,
    "content-type": "application/json",
    ...(sending.isChunked
      ? { "transfer-encoding": "chunked" }
      : { "content-length": String(body.length) }),
    accept: "*/*",
    "dg-token": target.dgToken,
    authorization:
      credentials === null ? null : `Basic ${Buffer.from(credentials).toString("base64")}`,
    ...sending.headers,
  };
  const sent = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return exchange(target.url, { ...sending, body, headers: Object.fromEntries(sent) });
}

/**
 * What is kept under an id, as the receiver's clients read it; null when they cannot. Throws when there
 * is no answer.
 */
export async function read(target: Target, id: string, agent?: Agent): Promise<Answer | null> {
  if (target.read === null) return null;
  const url = new URL(target.read.replaceAll("{request_id}", id));
  const asked = { method: "GET", headers: target.readHeaders, body: Buffer.alloc(0) };
  const answer = await exchange(url, { ...asked, ...(agent && { agent }) });
  if (answer.status === 0) throw new Error(`no answer to GET ${url}: ${answer.text}`);
  return answer;
}

type Exchange = Omit<Sending, "body" | "headers"> & {
  body: Buffer;
  headers: Record<string, string>;
};

function exchange(url: URL, { body, method = "POST", headers, ...how }: Exchange): Promise<Answer> {
  const started = Date.now();
  return new Promise((resolve) => {
    const agent = how.agent ?? new Agent({ keepAlive: false });
    const send = url.protocol === "https:" ? secure : plain;
    const outgoing = send(url, { method, headers, ...(url.protocol === "http:" && { agent }) });
    const end = (status: number, text: string) => {
      clearTimeout(timer);
      resolve({ status, text, ms: Date.now() - started });
    };
    const timer = setTimeout(() => {
      end(0, `no answer within ${ANSWER_WITHIN_MS} ms`);
      outgoing.destroy();
    }, ANSWER_WITHIN_MS);
    outgoing.once("error", (error) => end(0, error.message));
    outgoing.once("response", (response) => {
      how.onHead?.();
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", (error) => end(0, error.message));
      response.once("end", () => end(response.statusCode ?? 0, Buffer.concat(parts).toString()));
    });
    write(outgoing, body, how).catch((error: Error) => end(0, error.message));
  });
}

async function write(
  outgoing: ReturnType<typeof plain>,
  body: Buffer,
  { pauseMs, cutAfterBytes, isChunked }: Pick<Sending, "pauseMs" | "cutAfterBytes" | "isChunked">,
): Promise<void> {
  if (cutAfterBytes !== undefined) {
    await new Promise((resolve) => outgoing.write(body.subarray(0, cutAfterBytes), resolve));
    await sleep(100);
    outgoing.destroy(new Error("broken off, as configured"));
    return;
  }
  if (pauseMs === undefined && !isChunked) {
    outgoing.end(body);
    return;
  }
  const size = Math.ceil(body.length / PIECES);
  for (let at = 0; at < body.length && !outgoing.destroyed; at += size) {
    outgoing.write(body.subarray(at, at + size));
    await sleep(pauseMs ?? 0);
  }
  outgoing.end();
}
