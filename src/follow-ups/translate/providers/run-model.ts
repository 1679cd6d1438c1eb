import { timeout } from "../../../lib/timeout.ts";
import type { Outcome } from "../../outcome.ts";
import { redactSecrets } from "../../provider-call.ts";

const ANSWER_TIMEOUT_MS = 60_000;
const DAY_IS_USED_UP_WAIT_SECONDS = 3_600;

/** The part of the AI binding that is used, for any model. */
export type AiBinding = {
  run: (model: string, inputs: Record<string, unknown>) => Promise<unknown>;
};

/** Runs one model once. Never throws. */
export type RunModel = (
  inputs: Record<string, unknown>,
) => Promise<
  { result: "done"; output: unknown } | Extract<Outcome, { result: "retry" | "failed" }>
>;

/**
 * Internal codes of permanent failures: no such model, bad input, terms not accepted, account not allowed.
 * https://developers.cloudflare.com/workers-ai/platform/errors/
 */
const STAYING = [3003, 3006, 3023, 3039, 3041, 3042, 5004, 5005, 5007, 5016, 5018, 5019];
const DAY_IS_USED_UP = 3036;

export function modelRunner(binding: AiBinding, model: string): RunModel {
  return async (inputs) => {
    try {
      const running = binding.run(model, inputs);
      return { result: "done", output: await timeout(running, ANSWER_TIMEOUT_MS, model) };
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      const code = Number(/\b([35]0\d\d)\b/.exec(message)?.[1]);
      const trouble = {
        error: code ? `Workers AI ${code}` : "Workers AI",
        detail: redactSecrets(message.replace(`${code}: `, "")),
      };
      if (STAYING.includes(code)) return { result: "failed", ...trouble };
      const retryAfterSeconds = code === DAY_IS_USED_UP ? DAY_IS_USED_UP_WAIT_SECONDS : undefined;
      return { result: "retry", ...trouble, retryAfterSeconds };
    }
  };
}
