import type { Mailbox } from "../../../config/mailbox.ts";
import type { Outcome } from "../../outcome.ts";

export type Email = { from: Mailbox; to: string; subject: string; text: string; html: string };

/** A way to send e-mail. */
export type EmailSender = {
  name: string;
  /**
   * Makes one attempt. `idempotencyKey`, of 1 to 256 characters, is the same for every attempt at the
   * same message; not every provider takes one.
   */
  send: (email: Email, idempotencyKey: string) => Promise<Outcome>;
};
