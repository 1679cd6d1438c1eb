import type { Config } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { type Held, holdsClaim } from "../store/ledger.ts";
import { maySend } from "../store/ledger-entry.ts";
import type { Subject } from "./subject.ts";

/** One attempt at an effect. */
export type Attempt = {
  env: Env;
  config: Config;
  subject: Subject;
  /** Above 0 when a person has asked for it again. */
  generation: number;
  /** The same for all attempts until it is done, and no other: 64 hexadecimal digits. */
  key: string;
  /**
   * Awaited right before a provider is called. Throws `ClaimLost` when another attempt has the effect,
   * and another error when too little is left of the lease.
   */
  confirm: () => Promise<void>;
};

/** Another attempt has claimed the effect, or has ended it: this one sends and writes nothing more. */
export class ClaimLost extends Error {
  override name = "ClaimLost";
}

/** `Attempt.confirm` of the attempt that holds an entry. */
export const confirmClaim =
  (bucket: R2Bucket, id: RequestId, held: Held): Attempt["confirm"] =>
  async () => {
    if (!(await holdsClaim(bucket, id, held)))
      throw new ClaimLost("another attempt has the effect");
    // After the read: that may have taken long.
    if (!maySend(held, Date.now())) throw new Error("no time is left to send it in this attempt");
  };
