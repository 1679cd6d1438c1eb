import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { ListenBody } from "../support/bodies/listen-body.ts";
import { AUDIO, harness } from "./harness.ts";

const delivered = ({ state }: { state: string }) => state === "delivered";

test("the callback has the headers Deepgram was seen to send, and no others", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted();
  await fake.waitFor(delivered);
  const [request] = receiver.requests;
  expect(request?.line).toBe("POST /hook HTTP/1.1");
  expect(request?.headers).toEqual([
    ["host", new URL(receiver.url).host],
    ["content-type", "application/json"],
    ["content-length", String(request?.body.byteLength)],
    ["accept", "*/*"],
  ]);
});

test("callback_method=put makes it a PUT, and the callback's own query is kept", async () => {
  const { fake, receiver, submitted } = await harness();
  await submitted({ callback: `${receiver.url}/a/b?c=d`, callback_method: "put" });
  await fake.waitFor(delivered);
  expect(receiver.requests[0]?.line).toBe("PUT /a/b?c=d HTTP/1.1");
});

test("credentials of the URL are percent-decoded into Basic and appear nowhere else", async () => {
  const { fake, receiver, submitted } = await harness();
  const callback = receiver.url.replace("//", "//us%3Aer:p%40ss%C3%A9@");
  await submitted({ callback: `${callback}/hook` });
  const job = await fake.waitFor(delivered);
  const [request] = receiver.requests;
  const basic = `Basic ${Buffer.from("us:er:p@ssé").toString("base64")}`;
  expect(new Map(request?.headers).get("authorization")).toBe(basic);
  expect(new Map(request?.headers).get("host")).toBe(new URL(receiver.url).host);
  expect(request?.line).toBe("POST /hook HTTP/1.1");
  expect(JSON.stringify(job)).not.toMatch(/p@ss|p%40ss|p%2540ss/);
});

test("dg-token is sent only when asked for", async () => {
  const { fake, receiver, submitted } = await harness({ dgToken: "key-identifier" });
  await submitted();
  await fake.waitFor(delivered);
  expect(new Map(receiver.requests[0]?.headers).get("dg-token")).toBe("key-identifier");
});

test("the body carries the request id, extra, tags and digest of the submission", async () => {
  const { fake, receiver, submitted } = await harness();
  const requestId = await submitted([
    ["extra", "callback_secret:one"],
    ["extra", "note:a:b"],
    ["extra", "callback_secret:two"],
    ["tag", "front"],
    ["tag", "desk"],
    ["multichannel", "true"],
    ["utterances", "true"],
    ["language", "es-ES"],
  ]);
  const job = await fake.waitFor(delivered);
  const body = JSON.parse(String(receiver.requests[0]?.body)) as ListenBody;
  expect(body.metadata).toMatchObject({
    request_id: requestId,
    sha256: createHash("sha256").update(AUDIO).digest("hex"),
    extra: { callback_secret: "two", note: "a:b" },
    tags: ["front", "desk"],
    channels: 2,
  });
  expect(body.results.channels).toHaveLength(2);
  expect(body.results.utterances?.map(({ channel }) => channel)).toContain(1);
  expect(body.results.channels[0]?.alternatives[0]?.transcript).toMatch(/^farmacia del puente/);
  expect(job.path).not.toMatch(/one|two/);
});

test("equal seeds give equal transcripts, other jobs others", async () => {
  const [first, second] = [await harness({ seed: 7 }), await harness({ seed: 7 })];
  const texts = await Promise.all(
    [first, second].map(async ({ fake, receiver, submitted }) => {
      for (const number of [1, 2]) {
        await submitted({ fake: "words:200" });
        await fake.waitFor((job) => job.number === number && job.state === "delivered");
      }
      return receiver.requests.map(({ body }) => (JSON.parse(String(body)) as ListenBody).results);
    }),
  );
  expect(texts[0]).toEqual(texts[1]);
  expect(texts[0]?.[0]).not.toEqual(texts[0]?.[1]);
});
