import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/providers/webhook-receiver.ts";

const OLD = `whsec_${Buffer.from("an old secret of this test").toString("base64")}`;
const NEW = `whsec_${Buffer.from("a new secret of this test!").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("nobody here knows this one").toString("base64")}`;
const BODY = '{"type":"transcript.received","data":{"text":"añil"}}';

let receiver: WebhookReceiver;

beforeEach(async () => {
  receiver = await startWebhookReceiver({ secret: [OLD, NEW] });
});

afterEach(() => receiver.close());

const send = (secret: string, at = new Date(), body = BODY): Promise<Response> =>
  fetch(receiver.url, {
    method: "POST",
    redirect: "manual",
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign("msg_1", at, BODY),
    },
    body,
  });

const control = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(new URL(path, receiver.url), {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test.each([OLD, NEW])("either of two secrets is taken while they are rotated", async (secret) => {
  expect((await send(secret)).status).toBe(204);
  expect(receiver.deliveries[0]).toMatchObject({
    id: "msg_1",
    valid: true,
    status: 204,
    body: BODY,
  });
});

test("a foreign secret, an old time, an altered body and no signature are answered 401", async () => {
  const anHourAgo = new Date(Date.now() - 3_600_000);
  const answers = [
    await send(OTHER),
    await send(NEW, anHourAgo),
    await send(NEW, new Date(), `${BODY} `),
    await fetch(receiver.url, { method: "POST", body: BODY }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect(receiver.deliveries.every(({ valid, fault }) => !valid && fault !== null)).toBe(true);
});

test("fails as often as configured, with headers, then takes deliveries again", async () => {
  receiver.failNext(1, 503, { "retry-after": "7" });
  receiver.failNext(1, 302, { location: "http://127.0.0.1:9/elsewhere" });
  const answers = [await send(NEW), await send(NEW), await send(NEW)];
  expect(answers.map(({ status }) => status)).toEqual([503, 302, 204]);
  expect(answers[0]?.headers.get("retry-after")).toBe("7");
  expect(receiver.deliveries.map(({ status }) => status)).toEqual([503, 302, 204]);
});

test("hangs as long as configured", async () => {
  receiver.hang(120);
  const began = performance.now();
  expect((await send(NEW)).status).toBe(204);
  expect(performance.now() - began).toBeGreaterThanOrEqual(115);
});

test("is controlled over HTTP", async () => {
  await control("POST", "/_fail", { times: 2, status: 500 });
  expect([(await send(NEW)).status, (await send(NEW)).status]).toEqual([500, 500]);
  const { deliveries } = (await (await control("GET", "/_deliveries")).json()) as {
    deliveries: unknown[];
  };
  expect(deliveries).toEqual([...receiver.deliveries]);
  expect(deliveries).toHaveLength(2);
  await control("POST", "/_fail", { status: 500 });
  await control("DELETE", "/_deliveries");
  expect(receiver.deliveries).toHaveLength(0);
  expect((await send(NEW)).status).toBe(204);
});
