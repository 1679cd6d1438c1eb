import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { newJob } from "../../src/submit/job.ts";
import { streamScript } from "../fake-deepgram/stream-script.ts";
import { storedKeys } from "../support/deliver.ts";
import { later } from "../support/work-off.ts";
import { ownerNamed, post } from "./stream.ts";

/** What README.md has of the cost of an hour is made of these. */
const OF_A_STREAM = { rowsWritten: 9, r2ClassA: 3, r2ClassB: 5, queueMessages: 1, d1Batches: 1 };
const OF_A_MESSAGE = { interim: 0, final: 1, mark: 1 };

const CLASS_A = ["put", "list", "createMultipartUpload"];
const CLASS_B = ["get", "head"];

type Counts = Record<keyof typeof OF_A_STREAM, number>;

/** The binding with its calls counted. */
function counted<Binding extends object>(
  binding: Binding,
  count: (method: string) => void,
): Binding {
  return new Proxy(binding, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...parameters: unknown[]) => {
        count(String(name));
        return value.apply(target, parameters);
      };
    },
  });
}

function countingEnv(): { env: Env; counts: Counts } {
  const counts: Counts = {
    rowsWritten: 0,
    r2ClassA: 0,
    r2ClassB: 0,
    queueMessages: 0,
    d1Batches: 0,
  };
  const replaced = {
    ...env,
    TRANSCRIPTS: counted(env.TRANSCRIPTS, (method) => {
      if (CLASS_A.includes(method)) counts.r2ClassA++;
      if (CLASS_B.includes(method)) counts.r2ClassB++;
    }),
    CATALOGUE: counted(env.CATALOGUE, (method) => {
      if (method === "batch") counts.d1Batches++;
    }),
    FOLLOW_UP_QUEUE: counted(env.FOLLOW_UP_QUEUE, () => {
      counts.queueMessages++;
    }),
  };
  return { env: replaced, counts };
}

/** What a stream of a number of turns is billed, from its first message to its hand-over. */
async function billed(turns: number) {
  const job = newJob("x", Date.now());
  const owner = ownerNamed(job);
  const { env: counting, counts } = countingEnv();
  const changes = () =>
    runInDurableObject(owner, (_, { storage }) =>
      Number(storage.sql.exec("SELECT total_changes() AS n").one().n),
    );
  const before = await changes();
  await runInDurableObject(owner, (instance) => {
    Object.assign(instance, { env: counting });
  });
  const { requestId, messages } = streamScript({ requestId: crypto.randomUUID(), turns });
  for (const { message } of messages) {
    const how = { path: `/hook/${job}`, env: counting };
    expect((await post(message, how)).status).toBe(200);
  }
  later(3);
  await runDurableObjectAlarm(owner);
  vi.useRealTimers();
  expect(await storedKeys()).toContain(`callbacks/${requestId}`);
  counts.rowsWritten = (await changes()) - before;
  const count = (test: (message: Record<string, unknown>) => boolean) =>
    messages.filter(({ message }) => test(message)).length;
  const sent = {
    interim: count(({ is_final }) => is_final === false),
    final: count(({ is_final }) => is_final === true),
    mark: count(({ type }) => type === "UtteranceEnd" || type === "SpeechStarted"),
  };
  return { counts, sent };
}

it("a stream costs what README.md says: rows for what is final, and the rest once", async () => {
  const short = await billed(2);
  const long = await billed(10);
  expect(long.sent.interim).toBeGreaterThan(short.sent.interim + 20);
  for (const { counts, sent } of [short, long]) {
    const { rowsWritten, ...others } = counts;
    const ofMessages =
      sent.final * OF_A_MESSAGE.final +
      sent.mark * OF_A_MESSAGE.mark +
      sent.interim * OF_A_MESSAGE.interim;
    expect({ rowsWritten: rowsWritten - ofMessages, ...others }).toEqual(OF_A_STREAM);
  }
});
