import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import { newJob } from "../../../src/auth/job-credentials.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { keptKinds, ownerNamed } from "../../integration/live/stream.ts";
import { BASIC, send, storedKeys } from "../../support/deliver.ts";
import { later } from "../../support/work-off.ts";
import { type Bill, invoked, positions } from "./bill.ts";
import { type BilledEnv, billedEnv } from "./billed-env.ts";
import { drain } from "./drain.ts";
import { callBack } from "./play.ts";

export type LiveBill = { audioSeconds: number; messages: number } & Partial<Bill>;

/** https://developers.cloudflare.com/durable-objects/platform/pricing/ */
const SOCKET_MESSAGES_A_REQUEST = 20;

/** How far interims reach is written at most so often. */
const INTERIM_END_SECONDS = 5;

type Messages = ReturnType<typeof streamScript>["messages"];

/** What a stream of `turns` turns is billed from its first message to its work in the queue. */
export async function billedStream(way: "POST" | "WebSocket", turns: number): Promise<LiveBill> {
  const job = newJob("x", Date.now());
  const owner = ownerNamed(job);
  const billed = billedEnv();
  const its = streamScript({ requestId: crypto.randomUUID(), turns });
  const rowsBefore = await watched(owner, billed);
  // All comes within a moment: how far interims reach is written once, not every 5 s.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  if (way === "POST") await postAll(billed, job, its.messages);
  else await sendAll(billed, job, its.messages);
  later(3);
  if (await runDurableObjectAlarm(owner)) invoked(billed.bill, "objectRequests");
  vi.useRealTimers();
  expect(await storedKeys()).toContain(`callbacks/${its.requestId}`);
  billed.bill.objectRowsWritten += (await rowsOf(owner)) - rowsBefore;
  billed.bill.objectRowsWritten += Math.ceil(its.duration / INTERIM_END_SECONDS) - 1;
  await drain(billed);
  return {
    audioSeconds: Math.round(its.duration),
    messages: its.messages.length,
    ...positions(billed.bill),
  };
}

const rowsOf = (owner: ReturnType<typeof ownerNamed>) =>
  runInDurableObject(owner, (_, { storage }) =>
    Number(storage.sql.exec("SELECT total_changes() AS n").one().n),
  );

/** Counts what the object does; gives the rows it has written so far. An alarm that is set is a row. */
async function watched(
  owner: ReturnType<typeof ownerNamed>,
  { env, bill }: BilledEnv,
): Promise<number> {
  await runInDurableObject(owner, (instance, { storage }) => {
    Object.assign(instance, { env });
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (...parameters) => {
      bill.objectRowsWritten++;
      return setAlarm(...parameters);
    };
  });
  return rowsOf(owner);
}

async function postAll(billed: BilledEnv, job: string, messages: Messages): Promise<void> {
  for (const { message } of messages) {
    const status = await callBack(billed, JSON.stringify(message), { path: `/hook/${job}` });
    expect(status).toBe(200);
  }
}

async function sendAll(billed: BilledEnv, job: string, messages: Messages): Promise<void> {
  const headers = { upgrade: "websocket", authorization: BASIC };
  invoked(billed.bill, "workerRequests");
  const request = new Request(`https://edge.test/hook/${job}`, { headers });
  const { webSocket } = await send(request, billed.env);
  webSocket!.accept();
  for (const { message } of messages) webSocket!.send(JSON.stringify(message));
  billed.bill.objectRequests += Math.ceil(messages.length / SOCKET_MESSAGES_A_REQUEST);
  // Each wakes the object: an invocation, if not a request.
  billed.bill.logEvents += messages.length;
  await vi.waitFor(async () => expect(await keptKinds(job)).toMatchObject({ metadata: 1 }), {
    timeout: 20_000,
  });
}
