import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { StreamState } from "../../../src/live/stream.ts";
import { alarmAfter, ownerNamed } from "../../integration/live/stream.ts";
import { BASIC, deliver, send } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { fc } from "../../support/fast-check.ts";
import { type Command, command, isGranted, type Job, type Request, type World } from "./owners.ts";

/** More than `LIVE_SILENCE_SECONDS`, and than a late message waits for others. */
const SILENCE_SECONDS = 400;
const LATE_SECONDS = 4;
const CLOSED_SECONDS = 1;
const SECONDS_OF_A_FINAL = 2;
const REFUSED_CODE = 1008;

let count = 0;

/** A final of one word that no other message has. */
function final({ id, words }: Request): { word: string; text: string } {
  const word = `quince${++count}z`;
  const start = (words?.size ?? 0) * SECONDS_OF_A_FINAL;
  const spoken = { word, punctuated_word: word, start, end: start + 1, confidence: 0.9 };
  const text = JSON.stringify({
    type: "Results",
    channel_index: [0, 1],
    start,
    duration: SECONDS_OF_A_FINAL,
    is_final: true,
    channel: { alternatives: [{ transcript: word, confidence: 0.9, words: [spoken] }] },
    metadata: { request_id: id },
  });
  return { word, text };
}

const MARK = JSON.stringify({ type: "SpeechStarted", channel: [0, 1], timestamp: 0.5 });

/** The name of the Durable Object that takes the messages of a live request. */
const ownerOf = async ({ id }: Request): Promise<string | undefined> =>
  (await env.TRANSCRIPTS.head(`expected/${id}`))?.customMetadata?.owner;

const stateIn = (owner: string): Promise<StreamState | undefined> =>
  runInDurableObject(ownerNamed(owner), (_, { storage }) => storage.kv.get<StreamState>("stream"));

const isKeptIn = (owner: string, word: string): Promise<boolean> =>
  runInDurableObject(ownerNamed(owner), (_, { storage }) =>
    storage.sql
      .exec<{ json: string }>("SELECT json FROM messages")
      .toArray()
      .some(({ json }) => json.includes(word)),
  );

/** What a stream is to a request whose message was taken; `job` is null for the receiver's credential. */
function taken(request: Request, job: Job | null, word: string): void {
  if (job !== null) job.request = request;
  if (request.state === "deleted") return;
  request.words = (request.words ?? new Set()).add(word);
  if (request.state === "unknown") Object.assign(request, { owner: job?.token ?? null, job });
  if (request.state === "unknown" || request.state === "expected") request.state = "live";
}

/** Has the document made that the end of a stream, or late messages of it, make. */
async function end(request: Request, seconds: number): Promise<void> {
  const owner = await ownerOf(request);
  if (request.words === null || owner === undefined) return;
  await alarmAfter(owner, seconds);
  await eventually(async () => expect((await stateIn(owner))?.storedAt).not.toBeNull());
  if (request.state !== "received") Object.assign(request, { state: "received", current: null });
}

/** A stream that has its document makes it anew: not later, while other commands run. */
export async function settle(request: Request): Promise<void> {
  const owner = request.words === null ? undefined : await ownerOf(request);
  if (owner === undefined || !(await stateIn(owner))?.storedAt) return;
  await alarmAfter(owner, LATE_SECONDS);
}

const at = fc.nat({ max: 2 });
/** Modulo how many jobs there are; null is the receiver's own credential on `/hook`. */
const by = fc.option(fc.nat({ max: 50 }), { freq: 6 });

/** A final by POST, after a message that tells of no request. */
export const postMessages: fc.Arbitrary<Command> = fc
  .record({ by, at, hasMark: fc.boolean() })
  .map((given) =>
    command("post messages", given, async (model, { env }) => {
      const job = given.by === null ? null : model.jobs[given.by % model.jobs.length];
      if (job === undefined) return undefined;
      const request = model.requests[given.at] as Request;
      const { word, text } = final(request);
      const how = {
        path: job === null ? "/hook" : `/hook/${job.name}`,
        authorization: job?.authorization ?? BASIC,
        env,
      };
      if (given.hasMark) {
        const { status } = await deliver(MARK, how);
        expect(status).toBe(job === null ? 422 : 200);
      }
      const { status } = await deliver(text, how);
      const isTaken = job === null || isGranted(job, request);
      expect(status).toBe(isTaken ? 200 : 422);
      if (!isTaken) return job?.request ?? undefined;
      taken(request, job, word);
      await settle(request);
      return request;
    }),
  );

async function openSocket({ env }: World, job: Job | null): Promise<WebSocket> {
  const authorization = job?.authorization ?? BASIC;
  const path = job === null ? "/hook" : `/hook/${job.name}`;
  const request = new globalThis.Request(`https://edge.test${path}`, {
    headers: { upgrade: "websocket", authorization },
  });
  const { status, webSocket } = await send(request, env);
  expect(status).toBe(101);
  if (webSocket === null) throw new Error("no WebSocket");
  webSocket.accept();
  return webSocket;
}

/** A whole stream over a WebSocket: its closing ends that, unless others are heard elsewhere. */
export const socket: fc.Arbitrary<Command> = fc.record({ by, at }).map((given) =>
  command("stream over a WebSocket", given, async (model, world) => {
    const job = given.by === null ? null : model.jobs[given.by % model.jobs.length];
    const request = model.requests[given.at] as Request;
    // Of what is deleted nothing is seen that a socket takes.
    if (job === undefined || request.state === "deleted") return undefined;
    const opened = await openSocket(world, job);
    const closes: number[] = [];
    opened.addEventListener("close", ({ code }) => void closes.push(code));
    const { word, text } = final(request);
    opened.send(text);
    if (job !== null && !isGranted(job, request)) {
      await eventually(() => expect(closes).toEqual([REFUSED_CODE]));
      opened.close();
      return job.request ?? undefined;
    }
    const owner = await eventually(async () => {
      const name = await ownerOf(request);
      expect(name !== undefined && (await isKeptIn(name, word)), "is kept").toBe(true);
      return name ?? "";
    });
    taken(request, job, word);
    opened.close(1000);
    const isOwner = job === null ? owner.startsWith("socket-") : owner === job.name;
    if (isOwner) {
      await eventually(async () => expect((await stateIn(owner))?.closedAt).not.toBeNull());
    }
    if (isOwner) await end(request, CLOSED_SECONDS);
    await settle(request);
    return request;
  }),
);

/** Nobody speaks any more. */
export const silence: fc.Arbitrary<Command> = fc.record({ at }).map((given) =>
  command("silence", given, async ({ requests }) => {
    const request = requests[given.at] as Request;
    if (request.words === null || request.state === "deleted") return undefined;
    await end(request, SILENCE_SECONDS);
    return request;
  }),
);
