import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Channels, channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { later, workOff } from "../../support/work-off.ts";

const callback = (id: string) => ({ type: "callback", request_id: id });

let world: Channels;

beforeEach(() => {
  world = channels();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A transcript whose follow-ups have failed for good. */
async function failed(extra: Record<string, string>): Promise<string> {
  const { id, body } = transcript({ extra });
  await deliver(body, { env: world.env });
  await world.resend.fail({ status: 422 });
  await world.twilio.fail({ drop: "after" });
  await workOff([callback(id)], world.env);
  return id;
}

async function post(path: string, body?: unknown) {
  const { queue, sent } = recordingQueue();
  const request = new Request(`https://edge.test${path}`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await send(request, { ...world.env, FOLLOW_UP_QUEUE: queue });
  return { response, sent };
}

const redrive = async (body: unknown) => {
  const { response, sent } = await post("/v1/dead-letters/redrive", body);
  expect(response.status).toBe(200);
  return { sent, ...(await response.json<{ count: number; results: unknown[] }>()) };
};

const deadLetters = async (query = "") => {
  const response = await asOperator(`/v1/dead-letters${query}`);
  expect(response.status).toBe(200);
  return (await response.json<{ dead_letters: { id: string; state: string }[] }>()).dead_letters;
};

const stateOf = async (id: string) => {
  const response = await get(`/v1/transcripts/${id}/status`);
  const { follow_ups } = await response.json<{ follow_ups: { state: string }[] }>();
  return follow_ups.map(({ state }) => state);
};

describe("dead letters", () => {
  it("tell what failed for good, why, and what is uncertain", async () => {
    const id = await failed({ notify_email: EMAIL, notify_sms: PHONE });
    expect(await deadLetters()).toEqual([
      {
        id: `${id}/email:${EMAIL}:transcript.received`,
        message: expect.objectContaining({ type: "effect", request_id: id }),
        state: "failed",
        attempts: 1,
        reason: expect.stringContaining("422"),
        died_at: expect.any(String),
      },
      expect.objectContaining({
        id: `${id}/sms:${PHONE}:transcript.received`,
        state: "uncertain",
      }),
    ]);
  });

  it("are filtered", async () => {
    const [one, other] = [
      await failed({ notify_email: EMAIL }),
      await failed({ notify_sms: PHONE }),
    ];
    const idsOf = async (query: string) =>
      (await deadLetters(query)).map(({ id }) => id.split("/")[0]);
    expect((await idsOf("")).sort()).toEqual([one, other].sort());
    expect(await idsOf("?channel=sms")).toEqual([other]);
    expect(await idsOf("?state=failed")).toEqual([one]);
    expect(await idsOf(`?request_id=${one}`)).toEqual([one]);
    expect((await asOperator("/v1/dead-letters?state=lost")).status).toBe(400);
  });

  it("come in pages, none twice", async () => {
    for (let index = 0; index < 3; index++) await failed({ notify_email: EMAIL });
    const seen: string[] = [];
    let query = "?limit=2";
    for (;;) {
      const page = await (await asOperator(`/v1/dead-letters${query}`)).json<{
        dead_letters: { id: string }[];
        next_cursor: string | null;
      }>();
      seen.push(...page.dead_letters.map(({ id }) => id));
      if (page.next_cursor === null) break;
      query = `?limit=2&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(new Set(seen).size).toBe(3);
    expect(seen).toHaveLength(3);
  });

  it("are found by id and by request, however many others come before them", async () => {
    const ids = [];
    for (let index = 0; index < 3; index++) ids.push(await failed({ notify_email: EMAIL }));
    const last = ids.sort().at(-1);
    const name = `${last}/email:${EMAIL}:transcript.received`;
    const filters = [`ids=${encodeURIComponent(name)}`, `request_id=${last}`];
    for (const filter of filters) {
      expect(await deadLetters(`?limit=1&${filter}`)).toMatchObject([{ id: name }]);
    }
    const body = { limit: 1, filter: { ids: [name, "unknown"] } };
    expect((await redrive(body)).results).toMatchObject([{ id: name, action: "redriven" }]);
  });

  it("are not kept before the end is recorded: the work may be done after all", async () => {
    const { id, body } = transcript({ extra: { notify_email: EMAIL } });
    await deliver(body, { env: world.env });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...world.env, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
    await world.resend.fail({ status: 422 });
    const key = `beside/${id}/effects/email:${EMAIL}:transcript.received`;
    let writes = 0;
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: (...parameters: Parameters<R2Bucket["put"]>) =>
        // The claim is written, the end is not.
        parameters[0] === key && ++writes > 1
          ? refuses("away")()
          : env.TRANSCRIPTS.put(...parameters),
    });
    await consume(sent, { ...world.env, TRANSCRIPTS });
    // What is not recorded as given up may still be done.
    expect(await deadLetters()).toEqual([]);
    later(241);
    await consume(sent, world.env);
    expect(await stateOf(id)).toEqual(["done"]);
    expect(await deadLetters()).toEqual([]);
  });

  it("leave also when who had done the work died before it removed them", async () => {
    const id = await failed({ notify_email: EMAIL });
    const { sent } = await redrive({ filter: { request_id: id } });
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { delete: refuses("the isolate is gone") });
    await consume(sent, { ...world.env, TRANSCRIPTS });
    expect(await stateOf(id)).toEqual(["done"]);
    expect(await deadLetters()).toHaveLength(1);
    await consume(sent, world.env);
    expect(await deadLetters()).toEqual([]);
  });

  it("leave with the transcript", async () => {
    const id = await failed({ notify_email: EMAIL });
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await deadLetters()).toEqual([]);
    expect((await env.TRANSCRIPTS.list({ prefix: "dead-letters/" })).objects).toEqual([]);
  });
});

describe("DELETE /v1/dead-letters", () => {
  const dismiss = async (ids: string) =>
    (await asOperator(`/v1/dead-letters?ids=${encodeURIComponent(ids)}`, "DELETE")).status;

  it("puts away those that are named, and no other", async () => {
    const id = await failed({ notify_email: EMAIL, notify_sms: PHONE });
    await consume(["stray"], {}, { queue: DEAD_LETTERS });
    const sms = `${id}/sms:${PHONE}:transcript.received`;
    expect(await dismiss(`stray/m0,${sms}`)).toBe(204);
    const left = [`${id}/email:${EMAIL}:transcript.received`];
    expect((await deadLetters()).map((deadLetter) => deadLetter.id)).toEqual(left);
    expect(await dismiss(sms)).toBe(404);
    expect((await stateOf(id)).sort()).toEqual(["failed", "uncertain"]);
  });

  it("needs a filter", async () => {
    await failed({ notify_email: EMAIL });
    expect((await asOperator("/v1/dead-letters", "DELETE")).status).toBe(400);
    expect(await dismiss("")).toBe(404);
    expect(await deadLetters()).toHaveLength(1);
  });
});

describe("a redrive", () => {
  it("that is dry tells what would happen, and does nothing", async () => {
    const id = await failed({ notify_email: EMAIL });
    const { sent, ...answer } = await redrive({ filter: {}, dry_run: true });
    expect(answer).toMatchObject({
      dry_run: true,
      count: 1,
      results: [{ action: "would-redrive", reason: null }],
      next_cursor: null,
    });
    expect(sent).toEqual([]);
    expect(await stateOf(id)).toEqual(["failed"]);
  });

  it("runs the effect and deletes its dead letter", async () => {
    const id = await failed({ notify_email: EMAIL });
    const { sent, count } = await redrive({ filter: {} });
    expect([count, sent.length]).toEqual([1, 1]);
    await workOff(sent, world.env);
    expect(await stateOf(id)).toEqual(["done"]);
    expect(await deadLetters()).toEqual([]);
    expect((await world.resend.state()).emails).toHaveLength(1);
  });

  it("always runs, also when the same was redriven before", async () => {
    const id = await failed({ notify_email: EMAIL });
    for (let time = 0; time < 2; time++) {
      await world.resend.fail({ status: 422 });
      const { sent, count } = await redrive({ filter: { channel: "email" } });
      expect(count).toBe(1);
      await workOff(sent, world.env);
      expect(await stateOf(id)).toEqual(["failed"]);
    }
    await workOff((await redrive({})).sent, world.env);
    expect(await stateOf(id)).toEqual(["done"]);
    const keys = (await world.resend.state()).requests.map(
      ({ headers }) => headers["idempotency-key"],
    );
    expect([keys.length, new Set(keys).size]).toEqual([4, 1]);
  });

  it("does not send on a guess what may have been sent", async () => {
    const id = await failed({ notify_sms: PHONE });
    const guessed = await redrive({ filter: {} });
    expect(guessed).toMatchObject({ count: 0, results: [{ action: "skipped" }], sent: [] });
    const [deadLetter] = await deadLetters();
    const { sent } = await redrive({ filter: { ids: [deadLetter?.id] } });
    await workOff(sent, world.env);
    expect(await stateOf(id)).toEqual(["done"]);
    expect((await world.twilio.state()).messages).toHaveLength(2);
  });

  it("is not undone by a message from before it that the queue gives up later", async () => {
    const { id, body } = transcript({ extra: { notify_email: EMAIL } });
    await deliver(body, { env: world.env });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...world.env, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
    await world.resend.fail({ status: 422 });
    await consume(sent, world.env);
    const again = await redrive({});
    const gaveUp = await consume(sent, world.env, { queue: DEAD_LETTERS });
    expect(gaveUp).toEqual({ acked: ["m0"], retried: [] });
    expect(await stateOf(id)).toEqual(["queued"]);
    await workOff(again.sent, world.env);
    expect(await stateOf(id)).toEqual(["done"]);
  });

  it("passes over what has been done meanwhile", async () => {
    const id = await failed({ notify_email: EMAIL });
    const deadLetter = await env.TRANSCRIPTS.get(
      `dead-letters/${id}/email:${EMAIL}:transcript.received`,
    );
    const text = (await deadLetter?.text()) ?? "";
    await workOff((await redrive({})).sent, world.env);
    await env.TRANSCRIPTS.put(`dead-letters/${id}/email:${EMAIL}:transcript.received`, text);
    expect(await redrive({})).toMatchObject({
      count: 0,
      sent: [],
      results: [{ action: "skipped", reason: "it has been done" }],
    });
  });

  it("brings back a callback that the queue gave up, and passes over what is none of ours", async () => {
    const { id, body } = transcript();
    await deliver(body);
    await consume([callback(id), "stray"], {}, { queue: DEAD_LETTERS });
    const { results, sent } = await redrive({});
    expect(results).toMatchObject([
      { id: `${id}/callback`, action: "redriven" },
      { id: "stray/m1", action: "skipped" },
    ]);
    expect(sent).toEqual([callback(id)]);
    expect((await deadLetters()).map(({ id: left }) => left)).toEqual(["stray/m1"]);
  });

  it.each([
    { filter: { status: "dead" } },
    { filter: { ids: [] } },
    { dry_run: "yes" },
    { all: true },
  ])("%j is a 400", async (body) => {
    expect((await post("/v1/dead-letters/redrive", body)).response.status).toBe(400);
  });
});

describe("POST …/follow-ups/{name}/retry", () => {
  const retry = (id: string, name: string) =>
    post(`/v1/transcripts/${id}/follow-ups/${encodeURIComponent(name)}/retry`);

  it("has one done again, also one that is done", async () => {
    const { id, body } = transcript({ extra: { notify_sms: PHONE } });
    await deliver(body, { env: world.env });
    await workOff([callback(id)], world.env);
    const { response, sent } = await retry(id, `sms:${PHONE}:transcript.received`);
    expect(response.status).toBe(202);
    await workOff(sent, world.env);
    expect((await world.twilio.state()).messages).toHaveLength(2);
    expect(await stateOf(id)).toEqual(["done"]);
  });

  it("of one that is done is a new sending to its provider", async () => {
    const { id, body } = transcript({ extra: { notify_email: EMAIL } });
    await deliver(body, { env: world.env });
    await workOff([callback(id)], world.env);
    await workOff((await retry(id, `email:${EMAIL}:transcript.received`)).sent, world.env);
    const { requests } = await world.resend.state();
    expect(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
    expect((await world.resend.state()).emails).toHaveLength(2);
  });

  it("is 404 for what was never asked for", async () => {
    const id = await failed({ notify_email: EMAIL });
    expect((await retry(id, "webhook:crm:transcript.received")).response.status).toBe(404);
    expect((await retry(crypto.randomUUID(), "translate:es")).response.status).toBe(404);
  });

  it("is 409 while it is being tried", async () => {
    const { id, body } = transcript({ extra: { notify_sms: PHONE } });
    await deliver(body, { env: world.env });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...world.env, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
    await world.twilio.fail({ hangMs: 500 });
    const trying = consume(sent, world.env);
    await scheduler.wait(200);
    const { response } = await retry(id, `sms:${PHONE}:transcript.received`);
    expect(response.status).toBe(409);
    await trying;
  });
});

describe("POST …/follow-ups", () => {
  const ask = (id: string, body: unknown) => post(`/v1/transcripts/${id}/follow-ups`, body);

  it("asks for more, each once", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const asked = { translate: ["es"], notify: [{ channel: "email", to: EMAIL }] };
    for (let time = 0; time < 2; time++) {
      const { response, sent } = await ask(id, asked);
      expect(response.status).toBe(202);
      const { follow_ups } = await response.json<{ follow_ups: { name: string }[] }>();
      expect(follow_ups.map(({ name }) => name).sort()).toEqual([
        `email:${EMAIL}:transcript.received`,
        "translate:es",
      ]);
      await workOff(sent, world.env);
    }
    expect(await stateOf(id)).toEqual(["done", "done"]);
    expect((await world.resend.state()).emails).toHaveLength(1);
  });

  it.each([
    [{}, 400],
    [{ translate: ["spanish"] }, 400],
    [{ notify: [{ channel: "fax", to: "1" }] }, 400],
    [{ notify: [{ channel: "webhook", to: "unknown" }] }, 400],
    [{ translate: ["es"], callback: "x" }, 400],
  ])("%j is refused", async (asked, status) => {
    const { id, body } = transcript();
    await deliver(body);
    const { response, sent } = await ask(id, asked);
    expect(response.status).toBe(status);
    expect(sent).toEqual([]);
    expect(await stateOf(id)).toEqual([]);
  });

  it("is 404 for an unknown transcript, 410 for a deleted one", async () => {
    const { id, body } = transcript();
    expect((await ask(id, { translate: ["es"] })).response.status).toBe(404);
    await deliver(body);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect((await ask(id, { translate: ["es"] })).response.status).toBe(410);
  });
});
