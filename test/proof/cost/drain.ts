import { consume } from "../../support/consume.ts";
import { later } from "../../support/work-off.ts";
import { invoked } from "./bill.ts";
import { type BilledEnv, queueUnits } from "./billed-env.ts";

/**
 * Plays the queue until it is empty, each message a batch of its own: the most that it can cost. A
 * message is written, read and deleted; a retry reads it once more.
 */
export async function drain({ env, bill, queued }: BilledEnv): Promise<void> {
  for (let next = queued.shift(); next !== undefined; next = queued.shift()) {
    const { body, delaySeconds } = next;
    if (delaySeconds > 0) later(delaySeconds);
    invoked(bill, "workerRequests");
    bill.queueOperations += queueUnits(body);
    const { retried } = await consume([body], env);
    if (retried[0] === undefined) bill.queueOperations += queueUnits(body);
    else queued.push({ body, delaySeconds: retried[0].delaySeconds ?? 0 });
  }
}
