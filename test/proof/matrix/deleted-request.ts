import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { indexed } from "../../integration/catalogue/said.ts";
import { consume } from "../../support/consume.ts";
import { send, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, OPERATOR } from "../../support/get.ts";
import { type Callback, callback, raw } from "./callback.ts";
import { deliverTo, type World } from "./world.ts";

/**
 * A copy of a deleted callback. The deletion broke off once there was a tombstone: the rest is left to
 * its message. The effects that were planned before are in the queue too, and must not happen.
 */
export async function deletedRequest(world: World, padding = ""): Promise<Callback> {
  const { id, body: text } = transcript();
  const body = text + padding;
  const other = transcript({ requestId: id, words: 30 }).body + padding;
  for (const each of [body, other]) await deliverTo(world, each);
  // The planner of a redelivery leaves the effects to messages.
  await consume(world.sent.splice(0), world.env, { attempts: 2 });
  const away = refuses("internal error");
  const request = new Request(`https://edge.test/v1/transcripts/${id}`, {
    method: "DELETE",
    headers: { authorization: OPERATOR },
  });
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { delete: away });
  expect((await send(request, { ...world.env, TRANSCRIPTS })).status).toBe(503);
  return callback({
    text: body,
    effects: 0,
    holds: async () => expect((await raw(id)).status).toBe(410),
    left: async () => {
      const keys = await storedKeys();
      expect(keys.filter((key) => !/^(callbacks\/|bodies-swept$)/.test(key))).toEqual([]);
      const list = await asOperator("/v1/transcripts");
      expect((await list.json<{ transcripts: unknown[] }>()).transcripts).toEqual([]);
      expect(await indexed()).toEqual({ transcripts: 0, rows: 0 });
    },
  });
}
