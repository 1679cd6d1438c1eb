import { expect, it } from "vitest";
import { send } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { OPERATOR } from "../../support/get.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";

const CHUNKS = 12;

/** A body that comes for longer than a second; `sent` tells how much of it was read. */
function slowBody() {
  const sent = { chunks: 0, hasEnded: false };
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      await scheduler.wait(100);
      if (sent.chunks++ < CHUNKS) return controller.enqueue(new Uint8Array(30_000).fill(0x20));
      sent.hasEnded = true;
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  return { body, sent };
}

const REFUSED = [
  ["a wrong secret", 401, "/hook", {}, {}],
  ["a callback where no secret is configured", 401, "/hook", {}, { CALLBACK_SECRETS: "" }],
  [
    "a callback where nothing is configured",
    503,
    "/hook",
    {},
    { CALLBACK_SECRETS: "", CALLBACK_CREDENTIALS: "" },
  ],
  ["a body announced as too large", 413, "/hook", { "content-length": "999999999" }, {}],
  [
    "a body that becomes too large",
    413,
    "/hook",
    { authorization: `Basic ${btoa("deepgram:first-password")}` },
    { MAX_CALLBACK_BYTES: "100000" },
  ],
  ["audio without a token", 401, "/v1/listen", {}, {}],
  [
    "audio with a parameter that is refused",
    400,
    "/v1/listen?callback=x",
    { authorization: OPERATOR },
    { DEEPGRAM_API_KEY: "a-key", SIGNING_KEYS, PUBLIC_URL: "https://edge.test" },
  ],
  ["a body for an address that there is not", 404, "/nothing", {}, {}],
] as const;

// Side by side: each body comes for a second.
it.concurrent.each(REFUSED)(
  "the sender of %s reads %d, since all that it sends is taken first",
  async (_, status, path, headers, replaced) => {
    const { body, sent } = slowBody();
    const url = `https://edge.test${path}`;
    const response = await send(new Request(url, { method: "POST", body, headers }), replaced);
    expect([response.status, sent.hasEnded]).toEqual([status, true]);
  },
);

it.each(["", "a-secret"])(
  "no more than 128 MiB of a refused body is read, with CALLBACK_SECRETS %j",
  async (CALLBACK_SECRETS) => {
    let bytes = 0;
    const body = new ReadableStream({
      type: "bytes",
      pull(controller) {
        bytes += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const request = new Request("https://edge.test/hook", { method: "POST", body });
    expect((await send(request, { CALLBACK_SECRETS })).status).toBe(401);
    expect(bytes).toBeLessThan(135_000_000);
  },
);

it("no more than 256 refused bodies are read at a time; others are answered at once", async () => {
  const CALLBACK_SECRETS = "";
  const reading = { bodies: 0, isOver: false };
  const post = (body: ReadableStream) =>
    send(new Request("https://edge.test/hook", { method: "POST", body }), { CALLBACK_SECRETS });
  const endless = () => {
    let pulls = 0;
    return new ReadableStream({
      type: "bytes",
      async pull(controller) {
        if (pulls++ === 0) reading.bodies++;
        await scheduler.wait(500);
        if (!reading.isOver) return controller.enqueue(new Uint8Array(1));
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  };
  const slow = Array.from({ length: 256 }, () => post(endless()));
  await eventually(() => expect(reading.bodies).toBe(256));
  const { body, sent } = slowBody();
  expect([(await post(body)).status, sent.hasEnded]).toEqual([401, false]);
  reading.isOver = true;
  const statuses = (await Promise.all(slow)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([401]));
  const next = slowBody();
  expect([(await post(next.body)).status, next.sent.hasEnded]).toEqual([401, true]);
});
