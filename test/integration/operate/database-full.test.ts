import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { activeAlarms, type Readings } from "../../../src/operate/alarms.ts";
import { runMinute, takeNotices } from "../../support/alerts.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { type ProviderWorld, providerWorld } from "../../support/providers/world.ts";
import { later } from "../../support/work-off.ts";

/** As D1 says it: https://github.com/maillab/cloud-mail/issues/400 */
const FULL = "D1_ERROR: Exceeded maximum DB size";

/** Reads, and refuses every write. */
function fullDatabase(): D1Database {
  const refuse = refuses(FULL);
  const write = { bind: () => write, run: refuse, all: refuse, first: refuse, raw: refuse };
  return faulty(env.CATALOGUE, {
    prepare: (sql: string) => (/^\s*SELECT/i.test(sql) ? env.CATALOGUE.prepare(sql) : write),
    batch: (statements: D1PreparedStatement[]) =>
      statements.some((one) => (one as unknown) === write)
        ? refuse()
        : env.CATALOGUE.batch(statements),
  });
}

let alerts: ProviderWorld<object>;

beforeEach(() => {
  alerts = providerWorld(inject("sinkUrl"));
});

afterEach(() => {
  vi.useRealTimers();
});

const minute = (replaced: Partial<Env> = {}) => runMinute(alerts.url, replaced);

/** The notices sent since the last time, as `alarm state`. */
const notices = async () => (await alarms()).map(({ alarm, state }) => `${alarm} ${state}`);

/** The same, but for refusals: those of an earlier file are counted up to ten seconds later. */
const alarms = async () => (await takeNotices(alerts)).filter(({ alarm }) => alarm !== "refused");

describe("while D1 is full", () => {
  const received = async () => {
    const { id, body } = transcript();
    await deliver(body);
    return { type: "callback", request_id: id };
  };

  it("callbacks wait for room and do not become dead letters, and one alarm says what to do", async () => {
    const CATALOGUE = fullDatabase();
    const messages = [await received(), await received(), await received()];
    const { acked, retried } = await consume(messages, { CATALOGUE }, { attempts: 14 });
    expect(acked).toEqual([]);
    expect(retried.map(({ delaySeconds }) => delaySeconds)).toEqual([3_600, 3_600, 3_600]);
    await minute({ CATALOGUE });
    expect(await alarms()).toMatchObject([
      {
        alarm: "database-full",
        state: "firing",
        detail: expect.stringContaining("RETENTION_DAYS"),
      },
    ]);
    expect(await storedKeys()).not.toContainEqual(expect.stringMatching(/^dead-letters\//));
  });

  it("a message is sent anew before the queue gives it up, and is catalogued once there is room", async () => {
    const CATALOGUE = fullDatabase();
    const message = await received();
    const { acked } = await consume([message], { CATALOGUE }, { attempts: 15 });
    expect(acked).toEqual(["m0"]);
    expect(await storedKeys()).toContainEqual(expect.stringMatching(/^outbox\//));
    const sent = await minute();
    expect(sent).toContainEqual(message);
    expect((await consume([message])).acked).toEqual(["m0"]);
    const list = await (await get("/v1/transcripts")).json<{ transcripts: object[] }>();
    expect(list.transcripts).toContainEqual(
      expect.objectContaining({ request_id: message.request_id }),
    );
  });

  it("a message is not lost where R2 does not take it either", async () => {
    const message = await received();
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("internal error") });
    const replaced = { CATALOGUE: fullDatabase(), TRANSCRIPTS };
    const { retried } = await consume([message], replaced, { attempts: 15 });
    expect(retried).toEqual([{ id: "m0", delaySeconds: 3_600 }]);
  });

  it("the alarm ends two hours after the last write that failed", async () => {
    await consume([await received()], { CATALOGUE: fullDatabase() });
    await minute();
    expect(await notices()).toEqual(["database-full firing"]);
    later(7_100);
    await minute();
    expect(await notices()).toEqual(["database-full firing"]);
    later(7_300);
    await minute();
    expect(await notices()).toContain("database-full resolved");
  });

  it("other faults of D1 count as attempts, as before", async () => {
    const CATALOGUE = faulty(env.CATALOGUE, {
      batch: refuses("D1_ERROR: D1 DB is overloaded. Too many requests queued."),
    });
    const { retried } = await consume([await received()], { CATALOGUE });
    expect(retried[0]?.delaySeconds).toBeLessThanOrEqual(10);
    expect(await consume([await received()], {}, { queue: DEAD_LETTERS })).toMatchObject({
      acked: ["m0"],
    });
  });
});

describe("the size of the database", () => {
  const readings: Readings = {
    ...{ overdue: 0, deadLetters: 0, refused: 0, backlogSeconds: 0, newFields: [] },
    ...{ isOutboxStuck: false, areBodiesLate: false, messages: 0, dailyMessages: 1 },
    ...{ databaseBytes: 0, isDatabaseFull: false, retentionLateMs: 0 },
  };

  it.each([
    [6_999_999_999, []],
    [7_000_000_000, ["database-70"]],
    [8_999_999_999, ["database-70"]],
    [9_000_000_000, ["database-90"]],
    [9_999_998_976, ["database-90"]],
  ])("of %i bytes is an alarm: %j", (databaseBytes, alarms) => {
    expect([...activeAlarms({ ...readings, databaseBytes }, {}).keys()]).toEqual(alarms);
  });

  it("is one alarm once it is full", () => {
    const full = { ...readings, databaseBytes: 9_999_998_976, isDatabaseFull: true };
    expect([...activeAlarms({ ...full, backlogSeconds: 9_000 }, {}).keys()]).toEqual([
      "database-full",
    ]);
  });

  it("is asked every minute, and repeated once a day at 70 percent", async () => {
    const CATALOGUE = faulty(env.CATALOGUE, {
      prepare: (sql: string) => {
        const statement = env.CATALOGUE.prepare(sql);
        if (!sql.includes("'overdue'")) return statement;
        const run = async () => ({ results: [{ count: 0 }], meta: { size_after: 7.2e9 } });
        return { bind: () => ({ run }) };
      },
    });
    await minute({ CATALOGUE });
    expect(await notices()).toEqual(["database-70 firing"]);
    later(7_200);
    await minute({ CATALOGUE });
    expect(await notices()).toEqual([]);
  });

  it("is in /health for operators, and not for others", async () => {
    const operators = await (await asOperator("/health")).json();
    const { bytes } = (operators as { storage: { d1: { bytes: number } } }).storage.d1;
    expect(bytes).toBeGreaterThan(4_096);
    expect(operators).toMatchObject({ storage: { d1: { max_bytes: 10_000_000_000 } } });
    expect(await (await get("/health")).text()).not.toContain("bytes");
  });
});
