import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { newJob } from "../../../src/auth/job-credentials.ts";
import { readSignals, storeNewFields } from "../../../src/catalogue/alarm-signals.ts";
import { catalogueExpectation } from "../../../src/catalogue/expectations.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { activeAlarms } from "../../../src/operate/alarms.ts";
import { createExpectation } from "../../../src/store/expectations.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { type Notice, runMinute, takeNotices } from "../../support/alerts.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { type ProviderWorld, providerWorld } from "../../support/providers/world.ts";
import { later } from "../../support/work-off.ts";
import { alarmAfter, postAll } from "../live/stream.ts";

let alerts: ProviderWorld<object>;

beforeEach(() => {
  alerts = providerWorld(inject("sinkUrl"));
});

afterEach(() => {
  vi.useRealTimers();
});

const minute = (replaced: Partial<Env> = {}) => runMinute(alerts.url, replaced);

/** The notices since the last time, as `alarm state`. */
async function sentNotices(): Promise<string[]> {
  return (await allNotices()).filter((notice) => !notice.startsWith("refused"));
}

/** Also of refusals, which are counted up to ten seconds later: those of an earlier file too. */
async function allNotices(): Promise<string[]> {
  const bodies = await takeNotices(alerts);
  return bodies.map(({ alarm, state }) => `${alarm} ${state}`).sort();
}

const makeDeadLetter = () => consume(["stray"], {}, { queue: DEAD_LETTERS });
const removeDeadLetter = () => env.TRANSCRIPTS.delete("dead-letters/stray/m0");

it("while nothing is wrong nobody is notified", async () => {
  const { id, body } = transcript();
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  await minute();
  expect(await sentNotices()).toEqual([]);
});

describe("an alarm", () => {
  it("is sent when it begins, once an hour, and when it is over", async () => {
    await makeDeadLetter();
    for (let time = 0; time < 3; time++) await minute();
    expect(await sentNotices()).toEqual(["dead-letters firing"]);
    later(3_590);
    await minute();
    expect(await sentNotices()).not.toContain("dead-letters firing");
    later(61);
    await minute();
    expect(await sentNotices()).toContain("dead-letters firing");
    await removeDeadLetter();
    for (let time = 0; time < 2; time++) await minute();
    expect((await sentNotices()).filter((one) => one.startsWith("dead"))).toEqual([
      "dead-letters resolved",
    ]);
  });

  it("that could not be sent is sent by the next run, under the same id", async () => {
    await makeDeadLetter();
    await alerts.fail([{ status: 500 }, { drop: "after" }]);
    for (let time = 0; time < 4; time++) await minute();
    const { requests } = await alerts.state();
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("reads as a message and as data, and holds no secret", async () => {
    await makeDeadLetter();
    await minute();
    const [request] = (await alerts.state()).requests;
    const { text, ...data } = JSON.parse(request?.body ?? "") as Notice;
    expect(text).toMatch(/^ALARM dead-letters: 1 dead letters wait for a person/);
    expect(data).toEqual({
      alarm: "dead-letters",
      state: "firing",
      detail: "1 dead letters wait for a person",
      since: expect.stringMatching(/^\d{4}-/),
    });
  });

  it("without ALERT_WEBHOOK is not looked for", async () => {
    await makeDeadLetter();
    const list = vi.fn();
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      list: (options: R2ListOptions) => {
        list(options.prefix);
        return env.TRANSCRIPTS.list(options);
      },
    });
    const sent = await minute({ ALERT_WEBHOOK: "", TRANSCRIPTS });
    expect(sent).toMatchObject([{ type: "heartbeat" }]);
    expect(list.mock.calls).toEqual([["outbox/"]]);
  });
});

it("dead letters beyond a page are not counted", () => {
  const read = {
    overdue: 0,
    refused: 0,
    backlogSeconds: 0,
    isOutboxStuck: false,
    areBodiesLate: false,
    retentionLateMs: 0,
    newFields: [],
    ...{ messages: 0, dailyMessages: 1, databaseBytes: 0, isDatabaseFull: false },
  };
  const detail = (deadLetters: number) =>
    activeAlarms({ ...read, deadLetters }, {}).get("dead-letters");
  expect(detail(999)).toBe("999 dead letters wait for a person");
  expect(detail(1_000)).toBe("1000 or more dead letters wait for a person");
});

it("deletions that have been due for three hours are late", () => {
  const read = {
    overdue: 0,
    deadLetters: 0,
    refused: 0,
    backlogSeconds: 0,
    isOutboxStuck: false,
    areBodiesLate: false,
    newFields: [],
    ...{ messages: 0, dailyMessages: 1, databaseBytes: 0, isDatabaseFull: false },
  };
  const alarm = (hours: number) =>
    activeAlarms({ ...read, retentionLateMs: hours * 3_600_000 }, {}).get("retention");
  expect(alarm(2.9)).toBeUndefined();
  expect(alarm(50.5)).toContain("due for 50 hours");
});

const becomesOverdue = (id: string, others: { successor?: RequestId } = {}) =>
  catalogueExpectation(env.CATALOGUE, {
    requestId: id as RequestId,
    state: "overdue",
    expectedAt: new Date(Date.now() - 259_200_000).toISOString(),
    deadlineAt: new Date(Date.now() - 100_000_000).toISOString(),
    ...others,
  });

it("an overdue callback is an alarm until it comes, however long it was expected", async () => {
  const { id, body } = transcript();
  await becomesOverdue(id);
  await minute();
  expect(await sentNotices()).toEqual(["overdue firing"]);
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  await minute();
  expect(await sentNotices()).toEqual(["overdue resolved"]);
});

it("the alarm of overdue callbacks names the tokens that registered them", async () => {
  const expectedAt = new Date(Date.now() - 60_000).toISOString();
  const owners = ["night-shift:2026-11-24T09:29:40.000Z", "désirée", null];
  for (const tokenId of owners) {
    const requestId = crypto.randomUUID() as RequestId;
    const expectation = { requestId, state: "overdue", expectedAt, tokenId } as const;
    await createExpectation(env.TRANSCRIPTS, expectation);
    await catalogueExpectation(env.CATALOGUE, { ...expectation, deadlineAt: expectedAt });
  }
  await minute();
  const [request] = (await alerts.state()).requests;
  expect(JSON.parse(request?.body ?? "").detail).toBe(
    "3 callbacks of the last day have not come; registered by désirée, night-shift",
  );
});

it("an overdue callback is an alarm for a day after its time, though it is sent twice", async () => {
  const { id } = transcript();
  await becomesOverdue(id);
  later(86_000);
  await becomesOverdue(id);
  await minute();
  expect(await sentNotices()).toEqual(["overdue firing"]);
  later(500);
  await minute();
  expect(await sentNotices()).toContain("overdue resolved");
});

it("a request in whose place another was submitted is no alarm", async () => {
  const { id } = transcript();
  await becomesOverdue(id);
  await becomesOverdue(id, { successor: transcript().id as RequestId });
  await minute();
  expect(await sentNotices()).toEqual([]);
});

describe("refused callbacks", () => {
  /** The windows in which they are counted. */
  const WINDOW_SECONDS = 420;

  const refused = async () => {
    const response = await deliver(transcript().body, { authorization: null });
    expect(response.status).toBe(401);
  };

  const rows = async () => {
    const { results } = await env.CATALOGUE.prepare(
      "SELECT name, value FROM signals WHERE name <> 'heartbeat'",
    ).all<{ name: string; value: number }>();
    return results;
  };

  it.each([0, 200, 415])(
    "are an alarm when Deepgram has tried in vain, %d s after a window began",
    async (seconds) => {
      later(WINDOW_SECONDS - ((Date.now() / 1_000) % WINDOW_SECONDS) + seconds);
      for (let time = 0; time < 10; time++) {
        await refused();
        later(39);
      }
      await minute();
      expect(await allNotices()).toEqual(["refused firing"]);
      expect((await rows()).length).toBeLessThanOrEqual(2);
      later(2 * WINDOW_SECONDS);
      await minute();
      expect(await allNotices()).toEqual(["refused resolved"]);
    },
  );

  it("are no alarm when they are few", async () => {
    for (let time = 0; time < 9; time++) {
      await refused();
      later(30);
    }
    await minute();
    expect(await allNotices()).toEqual([]);
  });

  it("are no alarm when they are far apart", async () => {
    for (let time = 0; time < 12; time++) {
      await refused();
      later(2 * WINDOW_SECONDS);
    }
    await refused();
    await minute();
    expect(await allNotices()).toEqual([]);
  });

  it("that continue steadily are one alarm", async () => {
    const heard: string[] = [];
    for (let time = 0; time < 45; time++) {
      await refused();
      later(75);
      await minute();
      heard.push(...(await allNotices()).filter((one) => one.startsWith("refused")));
    }
    expect(heard).toEqual(["refused firing"]);
  });

  it("are counted to the last one when they stop, in two writes", async () => {
    // Early in a window: none is to begin meanwhile.
    later(WINDOW_SECONDS - ((Date.now() / 1_000) % WINDOW_SECONDS) + 60);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waits = vi.spyOn(scheduler, "wait").mockReturnValue(promise);
    for (let time = 0; time < 11; time++) await refused();
    await eventually(async () => expect(await rows()).toMatchObject([{ value: 1 }]));
    resolve();
    await eventually(async () => expect(await rows()).toMatchObject([{ value: 11 }]));
    expect(waits.mock.calls).toEqual([[10_000]]);
    waits.mockRestore();
  });

  const away = { run: refuses("away"), bind: () => away };
  const throws = () => {
    throw new Error("away");
  };

  it.each([
    ["rejected", () => away],
    ["threw", throws],
  ])("are not forgotten when the database %s", async (_, prepare) => {
    later(600);
    const CATALOGUE = faulty(env.CATALOGUE, { prepare });
    await deliver("", { authorization: null, env: { CATALOGUE } });
    later(30);
    await refused();
    await eventually(async () => expect(await rows()).toMatchObject([{ value: 2 }]));
  });

  it("are counted whatever they were refused for", async () => {
    const open = { CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("away") });
    const knock = (replaced: Partial<Env> = {}) =>
      send(new Request("https://edge.test/hook", { headers: { upgrade: "websocket" } }), replaced);
    const ways: [number, () => Promise<Response>][] = [
      [422, () => deliver("nothing")],
      [413, () => deliver(transcript().body, { env: { MAX_CALLBACK_BYTES: "10" } })],
      [503, () => deliver(transcript().body, { env: open })],
      [503, () => deliver(transcript().body, { env: { TRANSCRIPTS } })],
      [401, () => knock()],
      [503, () => knock(open)],
    ];
    for (const [status, way] of ways) {
      later(30);
      expect((await way()).status).toBe(status);
    }
    await eventually(async () => {
      const counts = (await rows()).map(({ value }) => value);
      expect(counts.reduce((sum, count) => sum + count)).toBe(ways.length);
    });
  });
});

describe("a queue", () => {
  it("that falls behind is an alarm until its heartbeats come again", async () => {
    await minute();
    later(301);
    const sent = await minute();
    expect(await sentNotices()).toEqual([]);
    later(121);
    await minute();
    expect(await sentNotices()).toEqual(["backlog firing"]);
    const { acked } = await consume(sent);
    expect(acked).toHaveLength(sent.length);
    await consume([{ type: "heartbeat", sent_at: Date.now() }]);
    await minute();
    expect(await sentNotices()).toEqual(["backlog resolved"]);
  });

  it("is not taken to be behind when the cron was away", async () => {
    await minute();
    later(7_200);
    for (let time = 0; time < 4; time++) {
      const sent = await minute();
      later(60);
      await consume(sent);
    }
    expect(await sentNotices()).toEqual([]);
  });

  it("is not taken to be behind when the database was", async () => {
    await minute();
    const CATALOGUE = faulty(env.CATALOGUE, {
      prepare: () => {
        throw new Error("away");
      },
    });
    later(301);
    await minute();
    later(60);
    await minute({ CATALOGUE });
    later(200);
    await minute();
    expect(await sentNotices()).toEqual([]);
  });

  it("gets its heartbeat when R2 is away", async () => {
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { list: refuses("away"), get: refuses("away") });
    expect(await minute({ TRANSCRIPTS })).toMatchObject([{ type: "heartbeat" }]);
  });
});

it("a heartbeat that the queue gave up is no dead letter", async () => {
  const sent = await minute();
  await consume(sent, {}, { queue: DEAD_LETTERS });
  expect((await env.TRANSCRIPTS.list({ prefix: "dead-letters/" })).objects).toEqual([]);
});

it("an outbox that does not drain is an alarm after five minutes", async () => {
  const { body } = transcript();
  const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, {
    send: refuses("away"),
    sendBatch: refuses("away"),
  });
  await deliver(body, { env: { FOLLOW_UP_QUEUE } });
  await minute({ FOLLOW_UP_QUEUE });
  expect(await sentNotices()).toEqual([]);
  later(301);
  await minute({ FOLLOW_UP_QUEUE });
  expect(await sentNotices()).toContain("outbox firing");
  await minute();
  expect(await sentNotices()).toContain("outbox resolved");
});

it("fields that Deepgram has not sent before are an alarm, by their names alone", async () => {
  const { id, body } = transcript();
  const json = JSON.parse(body);
  json.metadata.novelty_score = "said in confidence";
  json.results.channels[0].alternatives[0]["<b>"] = 1;
  await deliver(JSON.stringify(json));
  await consume([{ type: "callback", request_id: id }]);
  await minute();
  const [request] = (await alerts.state()).requests;
  expect(JSON.parse(request?.body ?? "").detail).toBe(
    "Deepgram sends new fields: metadata.novelty_score",
  );
});

it("the fields of our own documents of streams are none", async () => {
  const job = newJob("x", Date.now());
  const its = streamScript({ requestId: crypto.randomUUID() });
  await postAll(its.messages, { path: `/hook/${job}` });
  await alarmAfter(job, 3);
  await consume([{ type: "callback", request_id: its.requestId }]);
  const document = await (await get(`/v1/transcripts/${its.requestId}`)).json();
  expect(document).toMatchObject({
    results: { utterance_ends: expect.anything(), speech_starts: expect.anything() },
  });
  expect((await readSignals(env.CATALOGUE, Date.now())).newFields).toEqual([]);
});

it("a new field is reported though many others were noticed long ago", async () => {
  const long = Date.now() - 31 * 86_400_000;
  const old = env.CATALOGUE.prepare("INSERT INTO signals VALUES (?1, ?2, ?2)");
  await env.CATALOGUE.batch(
    Array.from({ length: 100 }, (_, index) => old.bind(`field old${index}`, long)),
  );
  await storeNewFields(env.CATALOGUE, ["metadata.after_others"], Date.now());
  expect((await readSignals(env.CATALOGUE, Date.now())).newFields).toEqual([
    "metadata.after_others",
  ]);
});

it("a field that is still sent is not new again", async () => {
  const seen = async (days: number) => {
    const now = Date.now() + days * 86_400_000;
    // As another isolate would.
    vi.resetModules();
    const { storeNewFields: keep } = await import("../../../src/catalogue/alarm-signals.ts");
    await keep(env.CATALOGUE, ["metadata.steady"], now);
    return (await readSignals(env.CATALOGUE, now)).newFields;
  };
  expect(await seen(0)).toEqual(["metadata.steady"]);
  expect(await seen(20)).toEqual([]);
  expect(await seen(40)).toEqual([]);
});

it("a field whose note was lost is noted the next time", async () => {
  const CATALOGUE = faulty(env.CATALOGUE, { batch: refuses("away") });
  await storeNewFields(CATALOGUE, ["metadata.lost_once"], Date.now());
  await storeNewFields(env.CATALOGUE, ["metadata.lost_once"], Date.now());
  expect((await readSignals(env.CATALOGUE, Date.now())).newFields).toEqual(["metadata.lost_once"]);
});

it("a database that is away for five minutes is an alarm, and ends no other", async () => {
  await env.CATALOGUE.prepare("INSERT INTO signals VALUES ('field x', ?1, ?1)")
    .bind(Date.now())
    .run();
  await minute();
  expect(await sentNotices()).toEqual(["unknown-fields firing"]);
  const CATALOGUE = faulty(env.CATALOGUE, {
    prepare: () => {
      throw new Error("away");
    },
  });
  await minute({ CATALOGUE });
  later(290);
  await minute({ CATALOGUE });
  expect(await sentNotices()).toEqual([]);
  later(11);
  await minute({ CATALOGUE });
  expect(await sentNotices()).toEqual(["catalogue firing"]);
});
