import type * as z from "zod";
import type { CatalogueChange } from "./catalogue/catalogue.ts";
import { catalogueFollowUps } from "./catalogue/follow-ups.ts";
import { isDatabaseFull } from "./catalogue/size.ts";
import { updateCatalogue } from "./catalogue/update-catalogue.ts";
import type { Config } from "./config/config.ts";
import { deadLetter } from "./follow-ups/dead-letters.ts";
import { followUp, sendDue } from "./follow-ups/follow-up.ts";
import { runEffect, type Settlement } from "./follow-ups/run-effect.ts";
import { log, reasonOf } from "./lib/log.ts";
import { type Deadline, deadlineIn, limitConcurrency, timeout } from "./lib/timeout.ts";
import { heartbeat, takeHeartbeat } from "./operate/watch.ts";
import { backOffSeconds, MAX_DELAY_SECONDS, message as messageSchema } from "./queue/message.ts";
import { noteDatabaseFull } from "./store/alarms.ts";
import { saveUnrecognizedMessage } from "./store/dead-letters.ts";
import { WORK_WITHIN_MS } from "./store/ledger-entry.ts";
import { putMarker } from "./store/outbox.ts";
import { checkDeadline } from "./submit/check-deadline.ts";

type Planned = { message: Message; change: CatalogueChange | null };

type Work = z.infer<typeof messageSchema>;

/** The platform ends a consumer after 15 minutes, and brings all of its messages back. */
const BATCH_WITHIN_MS = 840_000;

/** Deepgram may take ten minutes to accept what is submitted again. */
const DEADLINE_WITHIN_MS = 660_000;

/**
 * An invocation has six connections that wait for headers; a seventh request waits in line, where its
 * timeout runs. Three effects, a deadline, all else, and the callback in hand: never more than six.
 */
const EFFECTS_AT_ONCE = 3;

/** What waits for room in D1 is tried as often. */
const FULL_RETRY_SECONDS = 3_600;

/** Before the queue gives a message up (max_retries), one that waits for room is sent anew. */
const FULL_MAX_ATTEMPTS = 15;

const ACK: Settlement = { settle: "ack" };

/**
 * Works through a batch. Never throws: every message is acknowledged or retried by itself, since an
 * exception would bring the others back too.
 */
export async function consume(batch: MessageBatch, env: Env, config: Config): Promise<void> {
  const deadline = deadlineIn(BATCH_WITHIN_MS);
  const planned: Planned[] = [];
  const others: Promise<void>[] = [];
  const lanes = {
    effect: limitConcurrency(EFFECTS_AT_ONCE),
    deadline: limitConcurrency(1),
    other: limitConcurrency(1),
  };
  for (const message of batch.messages) {
    const { data: work } = messageSchema.safeParse(message.body);
    if (work?.type === "callback") {
      // One after another: the segments of a single large transcript take memory enough.
      const one = await runOrRetry(env, message, withinMs(deadline), async () => ({
        message,
        change: await followUp(env, config, work.request_id),
      }));
      if (one !== null) planned.push(one);
    } else {
      const type = work?.type === "effect" || work?.type === "deadline" ? work.type : "other";
      const most = type === "deadline" ? DEADLINE_WITHIN_MS : WORK_WITHIN_MS;
      // Its time begins with its turn.
      const turn = () => {
        const ms = Math.min(most, deadline.msLeft());
        return settle(env, message, ms, () => handleMessage(env, config, message, work));
      };
      others.push(lanes[type](turn));
    }
  }
  await Promise.all(others);
  await catalogue(env, planned, deadline);
}

/** What is not a message of ours is kept for a person. */
async function handleMessage(
  env: Env,
  config: Config,
  message: Message,
  work: Exclude<Work, { type: "callback" }> | undefined,
): Promise<Settlement> {
  switch (work?.type) {
    case "follow-ups":
      await catalogueFollowUps(env.CATALOGUE, work.request_id, await sendDue(env, work.request_id));
      return ACK;
    case "deadline":
      await checkDeadline(env, config, work.request_id, Date.now());
      return ACK;
    case "effect":
      return runEffect(env, config, work);
    default: {
      const isBeat = await takeHeartbeat(env, message.body, Date.now());
      if (!isBeat)
        await saveUnrecognizedMessage(env.TRANSCRIPTS, message, "not a message of this Worker");
      return ACK;
    }
  }
}

/** All rows in one write; when that fails each by itself, so that none holds up the others. */
async function catalogue(env: Env, planned: Planned[], deadline: Deadline): Promise<void> {
  const write = async (some: Planned[]): Promise<Settlement> => {
    const changes = some.flatMap(({ change }) => change ?? []);
    await updateCatalogue(env, changes);
    return ACK;
  };
  try {
    await timeout(write(planned), withinMs(deadline), "the catalogue");
    for (const { message } of planned) message.ack();
  } catch {
    for (const one of planned)
      await settle(env, one.message, withinMs(deadline), () => write([one]));
  }
}

/** Takes what the queue gave up, message by message. */
export async function consumeDeadLetters(
  batch: MessageBatch,
  env: Env,
  config: Config,
): Promise<void> {
  const limit = limitConcurrency(EFFECTS_AT_ONCE);
  const buryOne = (message: Message) =>
    settle(env, message, WORK_WITHIN_MS, async () => {
      // There is a newer one.
      const isBeat = heartbeat.safeParse(message.body).success;
      const delaySeconds = isBeat ? 0 : await deadLetter(env, config, message, Date.now());
      return delaySeconds > 0 ? { settle: "retry", delaySeconds } : ACK;
    });
  await Promise.all(batch.messages.map((message) => limit(() => buryOne(message))));
}

const withinMs = (deadline: Deadline): number => Math.min(WORK_WITHIN_MS, deadline.msLeft());

async function settle(env: Env, message: Message, ms: number, work: () => Promise<Settlement>) {
  const settlement = await runOrRetry(env, message, ms, work);
  if (settlement?.settle === "ack") message.ack();
  else if (settlement !== null)
    message.retry({ delaySeconds: Math.min(settlement.delaySeconds, MAX_DELAY_SECONDS) });
}

/**
 * Gives null, and has the message come again, when its work fails or takes longer than `ms`: a call
 * that hangs is not to keep the others of its batch. What the work still does is harmless, for each
 * may be done twice; that it ends late settles nothing.
 */
async function runOrRetry<Value>(
  env: Env,
  message: Message,
  ms: number,
  work: () => Promise<Value>,
): Promise<Value | null> {
  try {
    // Don't start work with no time left; it would overlap the next delivery.
    if (ms <= 0) throw new Error("the batch has taken too long");
    return await timeout(work(), ms, "the message");
  } catch (error) {
    const { data: { type, request_id } = {} } = messageSchema.safeParse(message.body);
    const facts = { message_id: message.id, type, request_id, attempt: message.attempts };
    log("warn", "queue.retry", { ...facts, reason: reasonOf(error) });
    if (isDatabaseFull(error)) await waitForRoom(env, message);
    else message.retry({ delaySeconds: backOffSeconds(message.attempts) });
    return null;
  }
}

/**
 * Has a message wait while D1 is full, for as long as it takes: were its attempts counted to the end,
 * every callback would become a dead letter. One alarm tells of it instead. Never throws.
 */
async function waitForRoom({ TRANSCRIPTS }: Env, message: Message): Promise<void> {
  const unnoted = (error: unknown) =>
    log("warn", "database-full.unnoted", { message_id: message.id, reason: reasonOf(error) });
  // Messages of one batch write the same key: R2 refuses all but one a second, which does.
  await noteDatabaseFull(TRANSCRIPTS).catch(unnoted);
  const delaySeconds = FULL_RETRY_SECONDS;
  if (message.attempts < FULL_MAX_ATTEMPTS) return message.retry({ delaySeconds });
  const dueAt = new Date(Date.now() + delaySeconds * 1_000).toISOString();
  await putMarker(TRANSCRIPTS, messageSchema.parse(message.body), dueAt).then(
    () => message.ack(),
    (error) => {
      unnoted(error);
      message.retry({ delaySeconds });
    },
  );
}
