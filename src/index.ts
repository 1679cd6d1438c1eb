import { app } from "./app.ts";
import { configOf } from "./config/config.ts";
import { consume, consumeDeadLetters } from "./consumer.ts";
import { sweep } from "./cron.ts";

/** The Durable Objects: the words of a month's transcripts, and streaming audio. */
export { MonthIndex } from "./catalogue/search/month-index.ts";
export { LiveRequest } from "./live/live-request.ts";

/** In the name of that queue, which is another one in each environment of wrangler.toml. */
const DEAD_LETTERS = "dead-letters";

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue.includes(DEAD_LETTERS)
      ? consumeDeadLetters(batch, env, configOf(env))
      : consume(batch, env, configOf(env)),
  scheduled: ({ cron }, env) => sweep(cron, env, configOf(env)),
} satisfies ExportedHandler<Env>;
