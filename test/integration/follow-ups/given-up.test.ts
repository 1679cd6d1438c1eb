import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import {
  callback,
  failNext,
  followUpsOf,
  forgetDeliveries,
  NOTIFY,
  planned,
} from "../../support/webhook-work.ts";
import { later } from "../../support/work-off.ts";

const DAY_SECONDS = 86_400;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

beforeEach(async () => {
  await forgetDeliveries();
});

describe("what the queue gave up", () => {
  it("is kept in R2, shown as dead and acknowledged", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 500 });
    await consume(sent, NOTIFY);
    // Another message for it may yet come.
    const early = await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    expect(early).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
    later(400);
    const settled = await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    expect(settled).toEqual({ acked: ["m0"], retried: [] });
    expect(
      await (
        await env.TRANSCRIPTS.get(`dead-letters/${id}/webhook:crm:transcript.received`)
      )?.json(),
    ).toMatchObject({
      message: sent[0],
      died_at: expect.any(String),
    });
    expect(await followUpsOf(id)).toMatchObject([
      { state: "dead", last_error: "the endpoint answered 500" },
    ]);
  });

  it.each(["", "-staging"])("is kept whatever it is, once a message: %j", async (environment) => {
    const id = crypto.randomUUID();
    const bodies = [callback(id), { type: "unknown" }, "text", null];
    await consume(bodies, {}, { queue: DEAD_LETTERS + environment });
    const settled = await consume(bodies, {}, { queue: DEAD_LETTERS });
    expect(settled.acked).toHaveLength(4);
    expect(await storedKeys()).toEqual([
      `dead-letters/${id}/callback`,
      ...[1, 2, 3].map((index) => `dead-letters/stray/m${index}`),
    ]);
  });

  it("waits while another message for the same effect is being worked on", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 204, hangMs: 300 });
    const [worked, gaveUp] = await Promise.all([
      consume(sent, NOTIFY),
      scheduler.wait(100).then(() => consume(sent, NOTIFY, { queue: DEAD_LETTERS })),
    ]);
    expect(worked.acked).toEqual(["m0"]);
    expect(gaveUp.retried).toHaveLength(1);
    expect(await followUpsOf(id)).toMatchObject([{ state: "done" }]);
  });

  it("does not undo an effect that was done after all", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await consume(sent, NOTIFY);
    const gaveUp = await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    expect(gaveUp).toEqual({ acked: ["m0"], retried: [] });
    expect(await followUpsOf(id)).toMatchObject([{ state: "done" }]);
  });

  it("is logged once it is stored, and never when it was done meanwhile", async () => {
    const errors = vi.spyOn(console, "error");
    const toldOf = () =>
      errors.mock.calls.flat().filter((line) => /"dead-letter"/.test(String(line)));
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await consume(sent, NOTIFY);
    await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    const away = { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put: refuses("internal error") }) };
    await consume(["text"], away, { queue: DEAD_LETTERS });
    expect(toldOf()).toEqual([]);
    await consume(["text"], {}, { queue: DEAD_LETTERS });
    expect(toldOf()).toHaveLength(1);
  });

  it("is kept after R2 was away for a day, whatever the chance in its delays", async () => {
    // The shortest delays, and so the most attempts.
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { id, body } = transcript();
    const sent = await planned(body, id);
    const gone = refuses("internal error");
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get: gone, head: gone, put: gone });
    let [attempts, seconds] = [0, 0];
    while (seconds < DAY_SECONDS) {
      attempts++;
      const { retried } = await consume(
        [sent[0], "text"],
        { ...NOTIFY, TRANSCRIPTS },
        { queue: DEAD_LETTERS, attempts },
      );
      expect(retried).toHaveLength(2);
      seconds += Math.min(...retried.map(({ delaySeconds = 0 }) => delaySeconds));
    }
    // `max_retries` in wrangler.toml.
    expect(attempts).toBeLessThan(100);
    later(DAY_SECONDS);
    const settled = await consume([sent[0], "text"], NOTIFY, { queue: DEAD_LETTERS });
    expect(settled).toEqual({ acked: ["m0", "m1"], retried: [] });
  });

  it("comes back when R2 does not take it", async () => {
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("internal error") });
    const settled = await consume(["text"], { TRANSCRIPTS }, { queue: DEAD_LETTERS });
    expect(settled).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
  });
});
