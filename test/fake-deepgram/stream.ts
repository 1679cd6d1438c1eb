import { setTimeout as sleep } from "node:timers/promises";
import { attempt } from "./attempt.ts";
import { type CallbackTarget, callbackTarget } from "./callback-url.ts";
import { type Disorder, disordered } from "./stream-disorder.ts";
import type { ScriptedMessage, StreamScript } from "./stream-script.ts";

export type StreamOptions = Disorder & {
  script: StreamScript;
  /** `http`, `https`, `ws` or `wss`, credentials included. */
  callback: string;
  /** Seconds of audio a second; Infinity sends one after another without a pause. */
  speed?: number;
  /** Of a message that is not answered 2xx; a WebSocket has none. */
  retries?: number;
  retryIntervalMs?: number;
  /** Ends a WebSocket after so many messages, without a terminal message. */
  breakOffAfter?: number;
  signal?: AbortSignal;
};

export type StreamReport = {
  /** Messages that went out, repetitions included. */
  sent: number;
  /** Those that were answered 2xx, or, on a WebSocket, handed over before it was closed. */
  accepted: number;
  /** How a WebSocket was closed; null for POSTs. */
  closeCode: number | null;
};

const TIMEOUT_MS = 10_000;
/** Deepgram has the same for all callbacks. */
const RETRIES = 10;
const RETRY_INTERVAL_MS = 30_000;

/** Streams a script to a callback as Deepgram does. Resolves when all is delivered or given up. */
export async function streamToCallback(options: StreamOptions): Promise<StreamReport> {
  const messages = disordered(options.script.messages, options);
  return /^wss?:/.test(options.callback) ? bySocket(options, messages) : byPosts(options, messages);
}

/** One POST for each message; a slow answer holds no other message up, unless there are no pauses. */
async function byPosts(options: StreamOptions, messages: ScriptedMessage[]): Promise<StreamReport> {
  const target = callbackTarget(options.callback, true);
  if ("refused" in target) throw new Error(target.refused);
  const inOrder = options.speed === Number.POSITIVE_INFINITY;
  const accepted: Promise<boolean>[] = [];
  for await (const { message } of paced(messages, options)) {
    const delivered = deliver(options, target, JSON.stringify(message));
    accepted.push(delivered);
    if (inOrder) await delivered;
  }
  const all = await Promise.all(accepted);
  return { sent: messages.length, accepted: all.filter(Boolean).length, closeCode: null };
}

async function deliver(options: StreamOptions, to: CallbackTarget, json: string): Promise<boolean> {
  const { retries = RETRIES, retryIntervalMs = RETRY_INTERVAL_MS } = options;
  const signal = options.signal ?? new AbortController().signal;
  const bytes = new TextEncoder().encode(json);
  const body = { byteLength: bytes.byteLength, chunks: () => inOneChunk(bytes) };
  const how = { chunked: false, trickleMs: 0, cutAfterBytes: null, timeoutMs: TIMEOUT_MS };
  for (let number = 0; number <= retries && !signal.aborted; number++) {
    if (number > 0) await sleep(retryIntervalMs);
    const sending = { ...to, ...how, method: "POST" as const, dgToken: null, body, signal };
    const { status } = await attempt(sending);
    if (status !== null && status >= 200 && status <= 299) return true;
  }
  return false;
}

function* inOneChunk(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes;
}

/** One WebSocket for all; when it is closed by the other side the stream has ended. */
async function bySocket(
  options: StreamOptions,
  messages: ScriptedMessage[],
): Promise<StreamReport> {
  const { socket, closed } = await openSocket(options.callback);
  let sent = 0;
  for await (const { message } of paced(messages, options)) {
    if (socket.readyState !== WebSocket.OPEN || sent === options.breakOffAfter) break;
    socket.send(JSON.stringify(message));
    sent++;
  }
  socket.close(1000);
  return { sent, accepted: sent, closeCode: await closed };
}

async function openSocket(callback: string) {
  const url = new URL(callback);
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const headers = { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
  url.username = "";
  url.password = "";
  // Node's own has `headers` besides what the standard says.
  const socket = new WebSocket(url, { headers } as never);
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`${url.host} opens no WebSocket`)));
  });
  return { socket, closed };
}

/** Each message when its time has come. */
async function* paced(
  messages: readonly ScriptedMessage[],
  { speed = 1, signal }: StreamOptions,
): AsyncGenerator<ScriptedMessage> {
  const startedAt = performance.now();
  for (const one of messages) {
    if (signal?.aborted) return;
    const msLeft = startedAt + (one.at * 1_000) / speed - performance.now();
    if (msLeft > 0) await sleep(msLeft);
    yield one;
  }
}
