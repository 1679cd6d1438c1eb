import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/** The first value of `look` that `isThere` accepts; rejects with the last one after `timeoutMs`. */
export async function eventually<Value>(
  look: () => Promise<Value> | Value,
  isThere: (value: Value) => boolean,
  timeoutMs = 20_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (isThere(value)) return value;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)}`);
    await sleep(POLL_MS);
  }
}
