import type { Death } from "../../support/mortal.ts";
import { ended } from "./ended.ts";
import type { Fault } from "./faults.ts";
import { followedUp, workedOff } from "./following-up.ts";
import type { Kind } from "./kinds.ts";
import { deliveredAtLast } from "./receiving.ts";
import { newWorld, sweep, troubleOf } from "./world.ts";

/** Whether somebody died who was to, and what the status says of the SMS. */
export type Played = { hasDied: boolean; sms: string | null };

/**
 * Plays one callback through one fault: delivered by Deepgram until it is content, then followed up to
 * the end. Rejects when a promise does not hold.
 */
export async function play(kind: Kind, fault: Fault, death: Death | null): Promise<Played> {
  const world = newWorld();
  const callback = await kind.prepare(world);
  const isReceiving = fault.side === "receiving";
  const trouble = isReceiving ? troubleOf(fault, death) : null;
  const hasDied = await deliveredAtLast(world, callback, fault, trouble);
  await callback.finish?.();
  await sweep(world, "* * * * *");
  if (isReceiving) await workedOff(world);
  const hasDiedLater = !isReceiving && (await followedUp(world, fault, death));
  const unknown = hasDiedLater ? "done" : (fault.unknown ?? null);
  const hasOrder = fault.order !== undefined;
  const sms = await ended(world, callback, { unknown, hasOrder });
  return { hasDied: hasDied || hasDiedLater, sms };
}
