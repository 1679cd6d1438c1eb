/** The outcome of a step on the trust path: a value, or the tagged reason there is none. */
export type Result<Value, Reason extends string> =
  | { ok: true; value: Value }
  | { ok: false; reason: Reason };

export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });

export const fail = <Reason extends string>(reason: Reason): { ok: false; reason: Reason } => ({
  ok: false,
  reason,
});
