import type * as z from "zod";
import {
  type CatalogueChange,
  catalogueFollowUps,
  type FollowUpState,
  isDatabaseFull,
} from "./catalogue/catalogue.ts";
import { updateCatalogue } from "./catalogue/update-catalogue.ts";
import type { Config } from "./config/config.ts";
import type { RequestId } from "./deepgram/request-id.ts";
import { deadLetter } from "./follow-ups/dead-letters.ts";
import { followUp, type Runner, sendDue } from "./follow-ups/follow-up.ts";
import type { Settlement } from "./follow-ups/record-outcome.ts";
import { runEffect, runOpened } from "./follow-ups/run-effect.ts";
import { limitConcurrency } from "./lib/concurrency.ts";
import { log, reasonOf } from "./lib/log.ts";
import { type Deadline, deadlineIn, timeout } from "./lib/timeout.ts";
import { heartbeat, takeHeartbeat } from "./operate/check-alarms.ts";
import { backOffSeconds, MAX_DELAY_SECONDS, message as messageSchema } from "./queue/messages.ts";
import { noteDatabaseFull } from "./store/alarms.ts";
import { saveUnrecognizedMessage } from "./store/dead-letters.ts";
import { WORK_WITHIN_MS } from "./store/effect-entry.ts";
import { putMarker } from "./store/outbox.ts";
import { checkDeadline } from "./submit/check-deadline.ts";

type Planned = {
  message: Message;
  requestId: RequestId;
  change: CatalogueChange | null;
  /** When that began, in milliseconds. */
  plannedAt: number;
  /** Effects that the planner runs. */
  effects: Promise<unknown>[];
  /** How those have ended so far. */
  ended: FollowUpState[];
  /** How many of these ends the catalogue has. */
  listed: number;
};

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

/** For effects that end at once to be listed with their transcript; the lists wait no longer for a receiver. */
const LISTED_TOGETHER_MS = 1_000;

/** After which the body that a callback was planned by is read again. */
const BODY_FRESH_MS = 5_000;

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
  /** Runs effects of one callback until it is closed. What has come before is left to a message for each effect. */
  const runnerFor = (one: Planned): { runner: Runner; close: () => void } => {
    let isOpen = one.message.attempts === 1;
    const run: Runner["run"] = (work, claimed, subject) => {
      const running = lanes.effect(async () => {
        const ms = Math.min(WORK_WITHIN_MS, deadline.msLeft());
        const end = await timeout(runOpened(env, config, work, claimed, subject), ms, "the effect");
        if (end !== null) one.ended.push(end);
      });
      // It is awaited later.
      running.catch(() => {});
      one.effects.push(running);
    };
    const hasRoom = () => isOpen && one.effects.length < EFFECTS_AT_ONCE && lanes.effect.hasRoom();
    return {
      runner: { hasRoom, run },
      close: () => {
        isOpen = false;
      },
    };
  };
  for (const message of batch.messages) {
    const { data: work } = messageSchema.safeParse(message.body);
    if (work?.type === "callback") {
      const { request_id: requestId } = work;
      const one: Planned = {
        message,
        requestId,
        change: null,
        plannedAt: Date.now(),
        effects: [],
        ended: [],
        listed: 0,
      };
      const { runner, close } = runnerFor(one);
      // One after another: the segments of a single large transcript take memory enough.
      const isPlanned = await runOrRetry(env, message, withinMs(deadline), async () => {
        one.change = await followUp(env, config, requestId, runner);
        return true;
      });
      close();
      if (isPlanned) planned.push(one);
      // What was started is recorded all the same.
      else others.push(Promise.allSettled(one.effects).then(() => {}));
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
  if (planned.length === 0) return;
  const effects = Promise.allSettled(planned.flatMap((one) => one.effects));
  await timeout(effects, LISTED_TOGETHER_MS, "the effects").catch(() => {});
  await catalogue(env, planned, deadline);
  await effects;
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

/**
 * All rows in one write; when that fails each by itself, so that none holds up the others. A callback is
 * done when its own effects have ended too.
 */
async function catalogue(env: Env, planned: Planned[], deadline: Deadline): Promise<void> {
  const write = async (some: Planned[]): Promise<void> => {
    const changes = some.flatMap(upToDate);
    const listed = some.map(({ ended }) => ended.length);
    await updateCatalogue(env, changes);
    for (const [index, one] of some.entries()) one.listed = listed[index] ?? 0;
  };
  const finish = async ({ requestId, effects, ended, listed }: Planned): Promise<Settlement> => {
    await Promise.all(effects);
    await catalogueFollowUps(env.CATALOGUE, requestId, ended.slice(listed));
    return ACK;
  };
  const inTime = withinMs(deadline);
  const isWritten = await timeout(write(planned), inTime, "the catalogue").then(
    () => true,
    () => false,
  );
  const settled = planned.map(
    (one) => async () =>
      settle(env, one.message, withinMs(deadline), async () => {
        if (!isWritten) await write([one]);
        return finish(one);
      }),
  );
  if (isWritten) await Promise.all(settled.map((work) => work()));
  else for (const work of settled) await work();
}

/** What the catalogue is to say, with the ends of effects since it was planned. */
function upToDate({ change, ended, plannedAt }: Planned): CatalogueChange | [] {
  if (change?.change !== "upsert") return change ?? [];
  const { body, followUps = [], ...rest } = change;
  // A body that was deleted meanwhile is not to be indexed.
  const isFresh = body !== undefined && Date.now() - plannedAt < BODY_FRESH_MS;
  return { ...rest, followUps: [...followUps, ...ended], ...(isFresh && { body }) };
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
