import { afterEach } from "vitest";
import { type FakeDeepgram, startFakeDeepgram } from "./fake-deepgram.ts";
import { type RawReceiver, startRawReceiver } from "./raw-receiver.ts";
import type { FakeDeepgramOptions } from "./settings.ts";

export type Harness = {
  fake: FakeDeepgram;
  receiver: RawReceiver;
  /** Submits a little audio with a callback to the receiver, unless `query` has its own. */
  submit: (query?: Record<string, string> | [string, string][]) => Promise<Response>;
  /** The same, and gives the request id. */
  submitted: (query?: Record<string, string> | [string, string][]) => Promise<string>;
};

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

export const AUDIO = new TextEncoder().encode("not really audio");

/** A fake that is quick, and a receiver; both are closed after the test. */
export const harness = async (options: FakeDeepgramOptions = {}): Promise<Harness> => {
  const receiver = await startRawReceiver();
  const fake = await startFakeDeepgram({ delayMs: 5, retryIntervalMs: 20, ...options });
  closers.push(fake.close, receiver.close);
  const submit: Harness["submit"] = (query = {}) => {
    const search = new URLSearchParams(query);
    if (!search.has("callback")) search.set("callback", `${receiver.url}/hook`);
    const headers = { authorization: "Token any-key", "content-type": "audio/wav" };
    return fetch(`${fake.url}/v1/listen?${search}`, { method: "POST", headers, body: AUDIO });
  };
  const submitted: Harness["submitted"] = async (query) => {
    const { request_id } = (await (await submit(query)).json()) as { request_id: string };
    return request_id;
  };
  return { fake, receiver, submit, submitted };
};
