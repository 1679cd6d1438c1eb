import * as z from "zod";

/** Names of webhook endpoints: they become part of storage keys and of URL paths. */
export const endpointName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);

/** One follow-up: what is to happen outside, and because of what. */
export const effect = z.object({
  channel: z.literal("webhook"),
  to: endpointName,
  event: z.enum(["transcript.received", "transcript.failed"]),
});

export type Effect = z.infer<typeof effect>;

/** The name of an effect, unique within its transcript; also the end of its ledger key. */
export const effectName = ({ channel, to, event }: Effect) => `${channel}:${to}:${event}`;
