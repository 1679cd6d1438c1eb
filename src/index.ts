import { app } from "./app.ts";
import { configOf } from "./config.ts";
import { consume, consumeDeadLetters } from "./queue.ts";
import { sweep } from "./sweep.ts";

/** The Durable Object of streaming audio. */
export { LiveRequest } from "./live/live-request.ts";

const DEAD_LETTER_QUEUE = "deepgram-dead-letters";

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue === DEAD_LETTER_QUEUE
      ? consumeDeadLetters(batch, env, configOf(env))
      : consume(batch, env, configOf(env)),
  scheduled: ({ cron }, env) => sweep(cron, env, configOf(env)),
} satisfies ExportedHandler<Env>;
