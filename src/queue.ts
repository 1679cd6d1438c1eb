import type { CatalogueChange } from "./catalogue/catalogue.ts";
import { updateCatalogue } from "./catalogue/update-catalogue.ts";
import type { Config } from "./config.ts";
import { backOffSeconds } from "./follow-ups/back-off.ts";
import { bury, keepStray } from "./follow-ups/dead-letters.ts";
import { followUp, sendDue } from "./follow-ups/follow-up.ts";
import { message as messageSchema } from "./follow-ups/message.ts";
import { runEffect } from "./follow-ups/run-effect.ts";
import { log, reasonOf } from "./log.ts";
import { heartbeat, takeHeartbeat } from "./observe/heartbeat.ts";
import { checkDeadline } from "./submit/check-deadline.ts";

type Planned = { message: Message; change: CatalogueChange | null };

/**
 * Works through a batch. Never throws: every message is acknowledged or retried by itself, since an
 * exception would bring the others back too.
 */
export async function consume(batch: MessageBatch, env: Env, config: Config): Promise<void> {
  const planned: Planned[] = [];
  const others: Promise<void>[] = [];
  for (const message of batch.messages) {
    const { data: work } = messageSchema.safeParse(message.body);
    if (work?.type === "callback") {
      // One after another: the segments of a single large transcript take memory enough.
      await orRetry(message, async () => {
        planned.push({ message, change: await followUp(env, config, work.request_id) });
      });
    } else if (work?.type === "follow-ups") {
      others.push(
        orRetry(message, async () => {
          await sendDue(env, work.request_id);
          message.ack();
        }),
      );
    } else if (work?.type === "deadline") {
      others.push(
        orRetry(message, async () => {
          await checkDeadline(env, config, work.request_id, Date.now());
          message.ack();
        }),
      );
    } else if (work?.type === "effect") {
      others.push(
        orRetry(message, async () => {
          const settlement = await runEffect(env, config, work);
          if (settlement.settle === "ack") message.ack();
          else message.retry({ delaySeconds: settlement.delaySeconds });
        }),
      );
    } else {
      others.push(
        orRetry(message, async () => {
          const isBeat = await takeHeartbeat(env, message.body, Date.now());
          if (!isBeat) await keepStray(env.TRANSCRIPTS, message, "not a message of this Worker");
          message.ack();
        }),
      );
    }
  }
  await Promise.all(others);
  await catalogue(env, planned);
}

/** All rows in one write; when that fails each by itself, so that none holds up the others. */
async function catalogue(env: Env, planned: Planned[]): Promise<void> {
  const write = async (some: Planned[]) => {
    await updateCatalogue(
      env,
      some.flatMap(({ change }) => change ?? []),
    );
    for (const { message } of some) message.ack();
  };
  try {
    await write(planned);
  } catch {
    for (const one of planned) await orRetry(one.message, () => write([one]));
  }
}

/** Takes what the queue gave up, message by message. */
export async function consumeDeadLetters(
  batch: MessageBatch,
  env: Env,
  config: Config,
): Promise<void> {
  await Promise.all(
    batch.messages.map((message) =>
      orRetry(message, async () => {
        // There is a newer one.
        const isBeat = heartbeat.safeParse(message.body).success;
        const delaySeconds = isBeat ? 0 : await bury(env, config, message, Date.now());
        if (delaySeconds > 0) message.retry({ delaySeconds });
        else message.ack();
      }),
    ),
  );
}

async function orRetry(message: Message, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log("warn", "queue.retry", { message_id: message.id, reason: reasonOf(error) });
    message.retry({ delaySeconds: backOffSeconds(message.attempts) });
  }
}
