import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { alarmAfter, ownerNamed } from "../../integration/live/stream.ts";
import { get } from "../../support/get.ts";
import { type Callback, callback, stateOf } from "./callback.ts";
import { deliverTo, type World } from "./world.ts";

/** Until the end of a stream has settled. */
const END_SECONDS = 40;

/** A final of a stream, which then ends. The Durable Object that owns it has the same troubles. */
export async function streamMessage(world: World): Promise<Callback> {
  const id = crypto.randomUUID();
  const within = (replaced: Partial<Env>) =>
    runInDurableObject(ownerNamed(id), (instance) => {
      Object.assign(instance, { env: { ...env, ...world.env, ...replaced } });
    });
  let isOver = false;
  return callback({
    text: JSON.stringify(resultsOf(id)),
    id,
    within,
    holds: async () => {
      expect(await stateOf(id)).toBe(isOver ? "received" : "live");
      const response = await get(`/v1/transcripts/${id}.txt?partial=true`);
      expect(await response.text()).toContain("ready");
    },
    finish: async () => {
      await within({});
      expect((await deliverTo(world, JSON.stringify(terminalOf(id)))).status).toBe(200);
      await alarmAfter(id, END_SECONDS);
      isOver = true;
    },
  });
}

function resultsOf(id: string) {
  const words = [{ word: "ready", start: 0.5, end: 0.9, confidence: 0.9 }];
  return {
    type: "Results",
    channel_index: [0, 1],
    start: 0,
    duration: 1,
    is_final: true,
    channel: { alternatives: [{ transcript: "ready", confidence: 0.9, words }] },
    metadata: { request_id: id },
  };
}

const terminalOf = (id: string) => ({
  type: "Metadata",
  request_id: id,
  sha256: "incomplete",
  created: "2026-11-24T10:00:00.000Z",
  duration: 1,
  channels: 1,
});
