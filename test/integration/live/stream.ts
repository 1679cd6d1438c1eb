import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { LiveRequest } from "../../../src/live/live-request.ts";
import type { StreamScript } from "../../fake-deepgram/stream-script.ts";
import { deliver } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";

/** Posts one message as Deepgram does. */
export const post = (message: unknown, how: Parameters<typeof deliver>[1] = {}) =>
  deliver(typeof message === "string" ? message : JSON.stringify(message), how);

/** Posts the messages of a script in its order; gives the answers' statuses. */
export async function postAll(
  messages: StreamScript["messages"],
  how: Parameters<typeof deliver>[1] = {},
): Promise<number[]> {
  const statuses: number[] = [];
  for (const { message } of messages) statuses.push((await post(message, how)).status);
  return statuses;
}

export const ownerNamed = (name: string): DurableObjectStub<LiveRequest> =>
  env.LIVE.getByName(name);

/** Runs the alarm of an owner as if `seconds` had passed. */
export async function alarmAfter(name: string, seconds: number): Promise<void> {
  later(seconds);
  try {
    await runDurableObjectAlarm(ownerNamed(name));
  } finally {
    vi.useRealTimers();
  }
}

/** The rows of all messages that an owner has kept, by kind. */
export const keptKinds = (name: string): Promise<Record<string, number>> =>
  runInDurableObject(ownerNamed(name), (_, { storage }) =>
    Object.fromEntries(
      storage.sql
        .exec<{ kind: string; count: number }>(
          "SELECT kind, COUNT(*) AS count FROM messages GROUP BY kind",
        )
        .toArray()
        .map(({ kind, count }) => [kind, count]),
    ),
  );

// biome-ignore lint/suspicious/noExplicitAny: the status as a client sees it
export const statusOf = async (id: string): Promise<any> =>
  (await get(`/v1/transcripts/${id}/status`)).json();
