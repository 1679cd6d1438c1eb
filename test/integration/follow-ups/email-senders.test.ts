import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { type Mailbox, parseMailbox } from "../../../src/config/providers.ts";
import {
  cloudflareEmail,
  type Email,
  resend,
} from "../../../src/follow-ups/notify/email/send-email.ts";
import { faulty } from "../../support/faulty.ts";
import { RESEND_KEY } from "../../support/providers/credentials.ts";
import type { ProviderUrls } from "../../support/providers/provider-urls.ts";
import { type Order, providerWorld } from "../../support/providers/world.ts";

const providers: ProviderUrls = inject("providers");

const EMAIL: Email = {
  from: { address: "clinic@example.com", name: "Harbour Lane, Ärzte" },
  to: "tom@example.com",
  subject: "Transcript ready: 予約",
  text: "Hello.",
  html: "<p>Hello.</p>",
};
const KEY = "01a20ad9-528e-7043-a981-3f21c4ad01ca/email:tom@example.com:transcript.received";

describe("Resend", () => {
  type Taken = { id: string; from: string; to: string[]; idempotencyKey: string | null };

  function post(apiKey = RESEND_KEY) {
    const world = providerWorld<{ emails: Taken[] }>(providers.resend);
    const sender = resend({ url: world.url, apiKey });
    const send = (email: Partial<Email> = {}, key = KEY) =>
      sender.send({ ...EMAIL, ...email }, key);
    return { ...world, send, emails: async () => (await world.state()).emails };
  }

  it("gets all parts of the message, and gives its id", async () => {
    const { send, emails } = post();
    const outcome = await send();
    const { name: _, address: __, ...known } = { name: "", address: "", ...EMAIL };
    expect(await emails()).toEqual([
      {
        ...known,
        from: '"Harbour Lane, Ärzte" <clinic@example.com>',
        to: [EMAIL.to],
        id: expect.any(String),
        idempotencyKey: KEY,
      },
    ]);
    expect(outcome).toEqual({ result: "done", messageId: (await emails())[0]?.id, status: 200 });
  });

  it("gets a sender without a name as the bare address", async () => {
    const { send, emails } = post();
    await send({ from: { address: "clinic@example.com", name: null } });
    expect(await emails()).toMatchObject([{ from: "clinic@example.com" }]);
  });

  it("sends one message however often it is asked under the same key", async () => {
    const { send, emails } = post();
    const outcomes = [await send(), await send(), await send()];
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(await emails()).toHaveLength(1);
    await send({}, `${KEY}/2`);
    expect(await emails()).toHaveLength(2);
  });

  it.each<[string, Order, number]>([
    ["it took the message and the connection was lost", { drop: "after" }, 1],
    ["the connection was lost before", { drop: "before" }, 0],
    ["it failed", { status: 500 }, 0],
  ])("may be asked again when %s, and has sent one in the end", async (_, order, count) => {
    const { send, fail, emails } = post();
    await fail(order);
    expect(await send()).toMatchObject({
      result: "retry",
      error: expect.stringMatching(/^Resend/),
    });
    expect(await emails()).toHaveLength(count);
    expect(await send()).toMatchObject({ result: "done" });
    expect(await emails()).toHaveLength(1);
  });

  it("is asked again when it says, by 429", async () => {
    const { send, fail } = post();
    await fail({ status: 429, headers: { "retry-after": "3" } });
    expect(await send()).toEqual({
      result: "retry",
      error: "Resend answered 429 rate_limit_exceeded",
      detail: "Too many requests. You can only make 2 requests per second.",
      retryAfterSeconds: 3,
      status: 429,
    });
  });

  it("is asked again while the first request under the key is at work", async () => {
    const { send, fail } = post();
    await fail({ status: 409 });
    expect(await send()).toMatchObject({ result: "retry" });
  });

  it("under a key that it knows with other words leaves it uncertain", async () => {
    const { send, emails } = post();
    await send();
    const outcome = await send({ text: "Other words." });
    expect(outcome).toMatchObject({
      result: "uncertain",
      error: expect.stringContaining("409 invalid_idempotent_request"),
    });
    expect(await emails()).toHaveLength(1);
  });

  it.each([400, 401, 403, 422, 302])("by %i fails at once", async (status) => {
    const { send, fail, emails } = post();
    await fail({ status, headers: { location: "http://127.0.0.1:9/" } });
    expect(await send()).toMatchObject({
      result: "failed",
      error: expect.stringContaining(`${status}`),
    });
    expect(await emails()).toEqual([]);
  });

  it("that does not know the key fails, without showing it", async () => {
    const { send } = post("re_wrong_0123456789");
    expect(await send()).toEqual({
      result: "failed",
      error: "Resend answered 403 invalid_api_key",
      detail: "API key is invalid",
      status: 403,
    });
  });

  describe("simulated", () => {
    const ask = (url: string, fields: unknown, headers: Record<string, string> = {}) =>
      fetch(`${url}/emails`, {
        method: "POST",
        headers: { authorization: `Bearer ${RESEND_KEY}`, ...headers },
        body: JSON.stringify(fields),
      });
    const { from: _, ...rest } = EMAIL;
    const FIELDS = { ...rest, from: "clinic@example.com" };

    it.each<[number, string, object, Record<string, string>]>([
      [401, "missing_api_key", FIELDS, { authorization: "" }],
      [403, "invalid_api_key", FIELDS, { authorization: "Bearer other" }],
      [400, "invalid_idempotency_key", FIELDS, { "idempotency-key": "x".repeat(257) }],
      [422, "missing_required_field", { ...FIELDS, to: undefined }, {}],
      [422, "missing_required_field", { ...FIELDS, html: undefined, text: "" }, {}],
      [422, "validation_error", { ...FIELDS, from: "nobody" }, {}],
      [422, "validation_error", { ...FIELDS, to: ["tom@example.com", "a b"] }, {}],
      [422, "validation_error", { ...FIELDS, subject: "a\r\nBcc: b@example.com" }, {}],
    ])("answers %i %s", async (status, name, fields, headers) => {
      const { url, emails } = post();
      const response = await ask(url, fields, headers);
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ statusCode: status, name });
      expect(await emails()).toEqual([]);
    });
  });
});

describe("Cloudflare's binding", () => {
  const coded = (code: string) => Object.assign(new Error(`it said ${code}`), { code });
  const failing = (error: unknown) =>
    cloudflareEmail(faulty(env.EMAIL, { send: () => Promise.reject(error) }));

  it("takes the message and gives its id", async () => {
    const outcome = await cloudflareEmail(env.EMAIL).send(EMAIL, KEY);
    expect(outcome).toEqual({ result: "done", messageId: expect.stringContaining("@example.com") });
  });

  it("gets all parts of the message", async () => {
    const sent: unknown[] = [];
    const send = async (message: unknown) => {
      sent.push(message);
      return { messageId: "<1@example.com>" };
    };
    const sender = cloudflareEmail(faulty(env.EMAIL, { send }));
    await sender.send(EMAIL, KEY);
    await sender.send({ ...EMAIL, from: { address: "clinic@example.com", name: null } }, KEY);
    const { subject, text, html, to } = EMAIL;
    expect(sent).toEqual([
      {
        from: { email: "clinic@example.com", name: "Harbour Lane, Ärzte" },
        to,
        subject,
        text,
        html,
      },
      { from: "clinic@example.com", to, subject, text, html },
    ]);
  });

  it.each([
    "E_SENDER_NOT_VERIFIED",
    "E_RECIPIENT_SUPPRESSED",
    "E_VALIDATION_ERROR",
    "E_CONTENT_TOO_LARGE",
    "E_DELIVERY_FAILED",
  ])("that refuses by %s fails at once", async (code) => {
    const outcome = await failing(coded(code)).send(EMAIL, KEY);
    expect(outcome).toEqual({
      result: "failed",
      error: `Cloudflare ${code}`,
      detail: `it said ${code}`,
    });
  });

  it("may be asked again when a rate or the day's limit is reached", async () => {
    const rate = await failing(coded("E_RATE_LIMIT_EXCEEDED")).send(EMAIL, KEY);
    expect(rate).toMatchObject({ result: "retry" });
    const day = await failing(coded("E_DAILY_LIMIT_EXCEEDED")).send(EMAIL, KEY);
    expect(day).toMatchObject({ result: "retry", retryAfterSeconds: 3_600 });
  });

  it.each<[string, unknown]>([
    ["an internal error", coded("E_INTERNAL_SERVER_ERROR")],
    ["a code that is not known", coded("E_SOMETHING_NEW")],
    ["a lost connection", new Error("Network connection lost.")],
    ["no error at all", "oops"],
  ])("that fails by %s leaves it uncertain", async (_, error) => {
    const outcome = await failing(error).send(EMAIL, KEY);
    expect(outcome).toMatchObject({
      result: "uncertain",
      error: expect.stringMatching(/^Cloudflare\b/),
      detail: expect.stringMatching(/./),
    });
  });

  it("is understood where only the message has come through", async () => {
    const outcome = await failing(new Error("E_SENDER_NOT_VERIFIED: no")).send(EMAIL, KEY);
    expect(outcome).toMatchObject({ result: "failed" });
  });

  it("of local use refuses what its configuration does not allow", async () => {
    const outcome = await failing(new Error("email to tom@example.com not allowed")).send(
      EMAIL,
      KEY,
    );
    expect(outcome).toMatchObject({ result: "failed" });
  });
});

const MAILBOXES: [text: string, mailbox: Mailbox | null][] = [
  ["a@example.com", { address: "a@example.com", name: null }],
  [" Clinic <a@example.com> ", { address: "a@example.com", name: "Clinic" }],
  ['"Ärzte, Clinic" <a@example.com>', { address: "a@example.com", name: "Ärzte, Clinic" }],
  ["<a@example.com>", { address: "a@example.com", name: null }],
  [
    "Clinic\r\nBcc: b@example.com <a@example.com>",
    { address: "a@example.com", name: "Clinic Bcc: b@example.com" },
  ],
  ["a@example.com\r\nBcc: b@example.com", null],
  ["a@example.com, b@example.com", null],
  ["Clinic <a@example.com> <b@example.com>", null],
  ["Clinic", null],
  ["", null],
];

it("a mailbox is an address, alone or after a name, and nothing else", () => {
  for (const [text, mailbox] of MAILBOXES) expect.soft(parseMailbox(text), text).toEqual(mailbox);
});
