import { type CatalogueChange, writeCatalogue } from "../catalogue/catalogue.ts";
import type { Config } from "../config.ts";
import { log, reasonOf } from "../log.ts";
import { backOffSeconds } from "./back-off.ts";
import { bury, keepDeadLetter } from "./dead-letters.ts";
import { followUp } from "./follow-up.ts";
import { message as messageSchema } from "./message.ts";
import { runEffect } from "./run-effect.ts";

/**
 * Works through a batch. Never throws: every message is acknowledged or retried by itself, since an
 * exception would bring the others back too.
 */
export async function consume(batch: MessageBatch, env: Env, config: Config): Promise<void> {
  const planned: { message: Message; change: CatalogueChange | null }[] = [];
  await Promise.all(
    batch.messages.map((message) =>
      orRetry([message], async () => {
        const parsed = messageSchema.safeParse(message.body);
        if (!parsed.success) {
          await keepDeadLetter(env.TRANSCRIPTS, message, "not a message of this Worker");
          return message.ack();
        }
        const work = parsed.data;
        if (work.type === "callback") {
          planned.push({ message, change: await followUp(env, config, work.request_id) });
          return;
        }
        const settlement = await runEffect(env, config, message, work.request_id, work.effect);
        if (settlement.settle === "ack") message.ack();
        else message.retry({ delaySeconds: settlement.delaySeconds });
      }),
    ),
  );
  const messages = planned.map(({ message }) => message);
  await orRetry(messages, async () => {
    await writeCatalogue(
      env.CATALOGUE,
      planned.flatMap(({ change }) => change ?? []),
    );
    for (const message of messages) message.ack();
  });
}

/** Takes what the queue gave up, message by message. */
export async function consumeDeadLetters(batch: MessageBatch, env: Env): Promise<void> {
  await Promise.all(
    batch.messages.map((message) =>
      orRetry([message], async () => {
        await bury(env.TRANSCRIPTS, message);
        message.ack();
      }),
    ),
  );
}

async function orRetry(messages: readonly Message[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    for (const message of messages) {
      log("warn", "queue.retry", { message_id: message.id, reason: reasonOf(error) });
      message.retry({ delaySeconds: backOffSeconds(message.attempts) });
    }
  }
}
