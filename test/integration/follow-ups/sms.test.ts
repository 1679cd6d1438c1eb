import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { previewOf, sendSms, smsText } from "../../../src/follow-ups/notify/sms/notify-phone.ts";
import { TWILIO } from "../../support/providers/credentials.ts";
import type { ProviderUrls } from "../../support/providers/provider-urls.ts";
import { type Order, providerWorld } from "../../support/providers/world.ts";
import { shortenTimeouts } from "../../support/shorten-timeouts.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";

type Message = { to: string; from: string | null; body: string; segments: number };

const { twilio }: ProviderUrls = inject("providers");
const FROM = "+15550006789";
const TO = "+15551234567";

afterEach(() => {
  vi.restoreAllMocks();
});

function phone(more: Partial<Parameters<typeof sendSms>[0]> = {}) {
  const world = providerWorld<{ messages: Message[] }>(twilio);
  const settings = { url: world.url, ...TWILIO, from: FROM, ...more };
  const send = (body = "Hello.", to = TO) => sendSms(settings, { to, body });
  return { ...world, send, messages: async () => (await world.state()).messages };
}

describe("a short message", () => {
  it("is one authorized form POST, and done when Twilio has taken it", async () => {
    const { send, state } = phone();
    const outcome = await send("Añil & more\nhttps://edge.test/?a=1");
    expect(outcome).toEqual({
      result: "done",
      messageId: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      status: 201,
    });
    const { messages, requests } = await state();
    expect(requests).toMatchObject([
      { method: "POST", path: `/2010-04-01/Accounts/${TWILIO.accountSid}/Messages.json` },
    ]);
    expect(messages).toMatchObject([
      {
        to: TO,
        from: FROM,
        messagingServiceSid: null,
        body: "Añil & more\nhttps://edge.test/?a=1",
      },
    ]);
  });

  it("goes out through a Messaging Service when the sender is one", async () => {
    const sid = "MG0123456789abcdef0123456789abcdef";
    const { send, messages } = phone({ from: sid });
    expect(await send()).toMatchObject({ result: "done" });
    expect(await messages()).toMatchObject([{ from: null, messagingServiceSid: sid }]);
  });

  it("goes out under a name that begins like a Messaging Service", async () => {
    const { send, messages } = phone({ from: "MG Motors" });
    expect(await send()).toMatchObject({ result: "done" });
    expect(await messages()).toMatchObject([{ from: "MG Motors", messagingServiceSid: null }]);
  });

  it("with a preview and a link is charged as one segment", async () => {
    const { send, messages } = phone();
    for (const text of ["It’s the clinic, and we call. ".repeat(20), "Это клиника. ".repeat(20)]) {
      await send(smsText({ text, link: "https://edge.test/t/1", label: "Transcript" }));
    }
    expect(await messages()).toMatchObject([
      { encoding: "GSM-7", segments: 1 },
      { encoding: "UCS-2", segments: 1 },
    ]);
  });

  it("finds its way when the base URL ends with a slash", async () => {
    const world = phone();
    const { send } = phone({ url: `${world.url}/` });
    expect(await send()).toMatchObject({ result: "done" });
    expect(await world.messages()).toHaveLength(1);
  });
});

describe("what Twilio does not take", () => {
  it.each<[number, number, string]>([
    [400, 21211, "Invalid 'To' Phone Number: +1555XXXXXXX"],
    [401, 20003, "Authenticate"],
    [403, 20403, "Forbidden"],
    [404, 20404, "The requested resource was not found"],
    [302, 302, "As configured"],
  ])("by %i fails at once", async (status, code, detail) => {
    const { send, fail, messages } = phone();
    await fail({ status, headers: { location: "http://127.0.0.1:9/" } });
    const error = `Twilio answered ${status}, error ${code}`;
    expect(await send()).toEqual({ result: "failed", error, detail, status });
    expect(await messages()).toEqual([]);
  });

  it.each([429, 503, 521, 530])("by %i for now is tried again when Twilio says", async (status) => {
    const { send, fail, messages } = phone();
    await fail({ status, headers: { "retry-after": "7" } });
    await fail({ status });
    expect(await send()).toMatchObject({ result: "retry", retryAfterSeconds: 7 });
    expect(await send()).toMatchObject({
      result: "retry",
      error: expect.stringContaining(`${status}`),
      retryAfterSeconds: undefined,
    });
    expect(await messages()).toEqual([]);
  });

  it.each<[number, object]>([
    [201, { result: "done" }],
    [400, { result: "failed", error: "Twilio answered 400" }],
  ])("or takes by %i is known without reading an endless body", async (status, outcome) => {
    const { send, fail } = phone();
    await fail({ status, endless: true });
    expect(await send()).toEqual({ ...outcome, status });
  });

  it("is reported without the number, and without the credentials", async () => {
    const { send } = phone();
    const outcome = await send("Hello.", "+0 555 123-4567");
    expect(outcome).toEqual({
      result: "failed",
      error: "Twilio answered 400, error 21211",
      detail: "Invalid 'To' Phone Number: ***67",
      status: 400,
    });
    const stranger = phone({ authToken: "wrong-token-0123456789" });
    expect(await stranger.send()).toEqual({
      result: "failed",
      error: "Twilio answered 401, error 20003",
      detail: "Authenticate",
      status: 401,
    });
    const elsewhere = phone({ url: `${twilio}/no/such/path` });
    const { error, detail } = { error: "", detail: "", ...(await elsewhere.send()) };
    expect(error).toBe("Twilio answered 404, error 20404");
    expect(detail).toMatch(/^The requested resource .*\*\*\*/);
    for (const secret of [TWILIO.accountSid, TWILIO.authToken]) {
      expect(error + detail).not.toContain(secret);
    }
  });
});

describe("a message of which nobody knows whether it went out", () => {
  it.each<[string, Order, number]>([
    ["Twilio took it and the connection was lost", { drop: "after" }, 1],
    ["the connection was lost before", { drop: "before" }, 0],
    ["Twilio failed while it worked on it (error 20500)", { status: 500 }, 0],
    ["a gateway gave up waiting", { status: 504 }, 0],
  ])("since %s is uncertain", async (_, order, count) => {
    const { send, fail, state } = phone();
    await fail(order);
    const outcome = await send();
    expect(outcome).toMatchObject({ result: "uncertain", error: expect.stringMatching(/^Twilio/) });
    const { messages, requests } = await state();
    expect(requests).toHaveLength(1);
    expect(messages).toHaveLength(count);
  });

  it("since nothing listens is uncertain, in bounded words without secrets", async () => {
    const { send } = phone({ url: "http://127.0.0.1:9" });
    const outcome = await send();
    expect(outcome.result).toBe("uncertain");
    expect(JSON.stringify(outcome).length).toBeLessThan(400);
    expect(JSON.stringify(outcome)).not.toContain(TWILIO.accountSid);
  });

  it("since no answer comes within 10 s is uncertain", async () => {
    const { send, fail, messages } = phone();
    await fail({ hangMs: 2_000 });
    shortenTimeouts();
    expect(await send()).toEqual({
      result: "uncertain",
      error: "Twilio, no answer within 10000 ms",
    });
    expect(await messages()).toHaveLength(1);
  });
});

describe("the preview", () => {
  it("is the first words, and no segment is read that is not needed", async () => {
    let read = 0;
    function* segments() {
      for (;;) {
        read += 1;
        yield segment(read === 1 ? " \n" : "Good  morning, Harbour Lane Clinic.", read, read + 1);
      }
    }
    const preview = await previewOf(segments());
    expect(preview).toMatch(/^Good morning, Harbour Lane Clinic\. Good morning/);
    expect(preview.length).toBeLessThan(500);
    expect(read).toBeLessThan(20);
  });

  it("joins segments the way their script does", async () => {
    expect(await previewOf([segment("今天天气好。", 0, 1), segment("我们去公园。", 1, 2)])).toBe(
      "今天天气好。我们去公园。",
    );
  });
});

describe("the simulated Twilio", () => {
  const post = (url: string, form: Record<string, string>, authToken = TWILIO.authToken) =>
    fetch(`${url}/2010-04-01/Accounts/${TWILIO.accountSid}/Messages.json`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${TWILIO.accountSid}:${authToken}`)}` },
      body: new URLSearchParams(form),
    });

  it.each<[number, Record<string, string>]>([
    [21604, { From: FROM, Body: "x" }],
    [21211, { To: "5551234567", From: FROM, Body: "x" }],
    [21603, { To: TO, Body: "x" }],
    [21266, { To: TO, From: TO, Body: "x" }],
    [21602, { To: TO, From: FROM }],
    [21617, { To: TO, From: FROM, Body: "x".repeat(1_601) }],
  ])("answers 400 with error %i", async (code, form) => {
    const { url, messages } = phone();
    const response = await post(url, form);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code,
      status: 400,
      more_info: expect.any(String),
    });
    expect(await messages()).toEqual([]);
  });

  it("takes nothing without the right token", async () => {
    const { url, messages } = phone();
    const form = { To: TO, From: FROM, Body: "x" };
    expect((await post(url, form, "wrong")).status).toBe(401);
    expect(await messages()).toEqual([]);
  });

  it("sends the same message twice when asked twice, as Twilio does", async () => {
    const { send, messages } = phone();
    await send();
    await send();
    expect(await messages()).toHaveLength(2);
  });

  it("counts the segments of long messages", async () => {
    const { send, messages } = phone();
    for (const body of ["x".repeat(160), "x".repeat(161), "€".repeat(80), "ы".repeat(71)]) {
      await send(body);
    }
    expect((await messages()).map(({ segments }) => segments)).toEqual([1, 2, 1, 2]);
  });
});
