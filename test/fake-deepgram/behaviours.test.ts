import { expect, test } from "vitest";
import { harness } from "./harness.ts";
import type { FakeEvent } from "./settings.ts";

const done = ({ state }: { state: string }) => state !== "waiting";

const bodies = (requests: { body: Buffer }[]): string[] => requests.map(({ body }) => String(body));

test.each(["duplicate:3", "together:3"])(
  "%s delivers the same bytes three times",
  async (fake_) => {
    const { fake, receiver, submitted } = await harness();
    await submitted({ fake: fake_ });
    const job = await fake.waitFor(done);
    expect(job.attempts.map(({ copy }) => copy).sort()).toEqual([1, 2, 3]);
    expect(bodies(receiver.requests)).toHaveLength(3);
    expect(new Set(bodies(receiver.requests)).size).toBe(1);
  },
);

test("duplicates follow each other, together:N overlaps", async () => {
  const { fake, submitted } = await harness();
  const overlaps = async (list: string): Promise<boolean> => {
    const id = await submitted({ fake: `${list},trickle:20` });
    const { attempts } = await fake.waitFor((job) => job.requestId === id && done(job));
    return attempts[1]!.startedAt < attempts[0]!.startedAt + 8 * 20;
  };
  expect(await overlaps("duplicate:2")).toBe(false);
  expect(await overlaps("together:2")).toBe(true);
});

test("conflict delivers other bytes under the same id", async () => {
  const { fake, receiver, submitted } = await harness();
  const id = await submitted({ fake: "conflict" });
  await fake.waitFor(done);
  const [first, second] = bodies(receiver.requests);
  expect(first).not.toBe(second);
  expect([first, second].map((body) => JSON.parse(body!).metadata.request_id)).toEqual([id, id]);
});

test("cut breaks off in the body and succeeds later with the same length", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ fake: "cut:100:2" });
  const job = await fake.waitFor(done);
  expect(job.state).toBe("delivered");
  expect(job.attempts.map(({ status }) => status)).toEqual([null, null, 200]);
  expect(receiver.requests.map(({ complete }) => complete)).toEqual([false, false, true]);
  expect(receiver.requests.map(({ body }) => body.byteLength).slice(0, 2)).toEqual([100, 100]);
  const lengths = receiver.requests.map(({ headers }) => new Map(headers).get("content-length"));
  expect(new Set(lengths).size).toBe(1);
});

test("lose never calls back", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ fake: "lose" });
  const job = await fake.waitFor(done);
  expect(job).toMatchObject({ state: "lost", attempts: [] });
  expect(receiver.requests).toHaveLength(0);
});

test("after-next lets the next job overtake", async () => {
  const { fake, receiver, submitted } = await harness();
  const late = await submitted({ fake: "after-next" });
  const soon = await submitted({ fake: "delay:30" });
  await fake.waitFor((job) => job.requestId === late && done(job));
  const order = bodies(receiver.requests).map((body) => JSON.parse(body).metadata.request_id);
  expect(order).toEqual([soon, late]);
});

test("early calls back before the submission is answered", async () => {
  const { fake, receiver, submitted } = await harness({ delayMs: 50 });
  const id = await submitted({ fake: "early" });
  expect(bodies(receiver.requests).map((body) => JSON.parse(body).metadata.request_id)).toEqual([
    id,
  ]);
  await fake.waitFor(done);
});

test.each([
  ["err_code", ["err_code", "err_msg", "request_id"]],
  ["category", ["category", "message", "details", "request_id"]],
  ["error_code", ["error_code", "error", "request_id"]],
])("error:%s has the fields %s", async (spelling, fields) => {
  const { fake, receiver, submitted } = await harness();
  const id = await submitted({ fake: `error:${spelling}` });
  await fake.waitFor(done);
  const body = JSON.parse(bodies(receiver.requests)[0]!);
  expect(Object.keys(body)).toEqual(fields);
  expect(body.request_id).toBe(id);
});

test("error:text is no JSON, error:empty has no body", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ fake: "error:text" });
  await fake.waitFor(done);
  await submitted({ fake: "error:empty" });
  await fake.waitFor((job) => job.number === 2 && done(job));
  const [text, empty] = bodies(receiver.requests);
  expect(() => JSON.parse(text!)).toThrow();
  expect(text).toMatch(/failed/);
  expect(empty).toBe("");
  expect(new Map(receiver.requests[1]?.headers).get("content-length")).toBe("0");
});

test("bytes:N has exactly that length", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ fake: "bytes:300000,metadata-last" });
  await fake.waitFor(done);
  const [request] = receiver.requests;
  expect(request?.body.byteLength).toBe(300_000);
  expect(Object.keys(JSON.parse(String(request?.body)))).toEqual(["results", "metadata"]);
});

test("a size too small for a transcript ends the job, not the fake", async () => {
  const events: FakeEvent[] = [];
  const { fake, receiver, submitted } = await harness({ onEvent: (event) => events.push(event) });
  await submitted({ fake: "bytes:10" });
  expect(await fake.waitFor(done)).toMatchObject({ state: "dropped", attempts: [] });
  expect(events.at(-1)).toMatchObject({
    kind: "broken",
    message: expect.stringContaining("bytes"),
  });
  expect(receiver.requests).toHaveLength(0);
});

test("chunked has no content-length", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ fake: "chunked" });
  await fake.waitFor(done);
  const headers = new Map(receiver.requests[0]?.headers);
  expect(headers.get("transfer-encoding")).toBe("chunked");
  expect(headers.has("content-length")).toBe(false);
  expect(receiver.requests[0]?.complete).toBe(true);
});

test("trickle and delay take their time", async () => {
  const { fake, submitted } = await harness();
  await submitted({ fake: "bytes:100000,trickle:20,delay:100" });
  const job = await fake.waitFor(done);
  expect(job.attempts[0]?.ms).toBeGreaterThanOrEqual(8 * 20);
  expect(job.attempts[0]!.startedAt - job.acceptedAt).toBeGreaterThanOrEqual(100);
});

test("silence has no words, words:N has N", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ fake: "silence" });
  await fake.waitFor(done);
  await submitted({ fake: "words:123" });
  await fake.waitFor((job) => job.number === 2 && done(job));
  const words = bodies(receiver.requests).map(
    (body) => JSON.parse(body).results.channels[0].alternatives[0].words.length,
  );
  expect(words).toEqual([0, 123]);
});

test("refuse answers the submission, hang-up accepts without answering", async () => {
  const { fake, submit } = await harness();
  expect((await submit({ fake: "refuse:402" })).status).toBe(402);
  expect(fake.jobs).toHaveLength(0);
  await expect(submit({ fake: "hang-up" })).rejects.toThrow();
  expect((await fake.waitFor(done)).state).toBe("delivered");
});

test("behaviours can be ordered for the next jobs, over HTTP too, and redelivered", async () => {
  const { fake, receiver, submitted } = await harness();
  const order = (body: unknown) =>
    fetch(`${fake.url}/_control`, { method: "POST", body: JSON.stringify(body) });
  expect((await order({ fake: "juggle" })).status).toBe(400);
  expect((await order({ fake: "lose", jobs: 1 })).status).toBe(200);
  await submitted();
  expect((await fake.waitFor(done)).state).toBe("lost");
  const id = await submitted();
  await fake.waitFor((job) => job.number === 2 && job.state === "delivered");
  await order({ redeliver: id });
  expect(bodies(receiver.requests)[1]).toBe(bodies(receiver.requests)[0]);
  const listed = (await (await fetch(`${fake.url}/_control`)).json()) as { jobs: unknown[] };
  expect(listed.jobs).toHaveLength(2);
});
