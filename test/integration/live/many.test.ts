import { env } from "cloudflare:workers";
import { expect, inject, it } from "vitest";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { get } from "../../support/get.ts";
import { alarmAfter, post } from "./stream.ts";

const STREAMS = inject("isFull") ? 200 : 20;
const MESSAGES_A_SECOND = 5;

const words = (body: unknown): unknown[] =>
  (body as { results: { channels: { alternatives: { words: unknown[] }[] }[] } }).results
    .channels[0]!.alternatives[0]!.words;

it(`${STREAMS} streams at once, 5 messages a second each, lose nothing`, {
  timeout: 180_000,
}, async () => {
  // Of one seed, so that they are of one length.
  const scripts = Array.from({ length: STREAMS }, () =>
    streamScript({ requestId: crypto.randomUUID(), turns: 2, marks: false }),
  );
  const startedAt = Date.now();
  await Promise.all(
    scripts.map(async ({ messages }, stream) => {
      for (const [index, { message }] of messages.entries()) {
        const dueAt = startedAt + ((index + stream / STREAMS) * 1_000) / MESSAGES_A_SECOND;
        const msLeft = dueAt - Date.now();
        if (msLeft > 0) await scheduler.wait(msLeft);
        expect((await post(message)).status).toBe(200);
      }
    }),
  );
  for (const { requestId, messages } of scripts) {
    if ((await env.TRANSCRIPTS.head(`callbacks/${requestId}`)) === null) {
      await alarmAfter(requestId, 3);
    }
    const body = await (await get(`/v1/transcripts/${requestId}`)).json();
    const said = messages
      .filter(({ message }) => message.is_final === true)
      .flatMap(
        ({ message }) =>
          (message.channel as { alternatives: { words: unknown[] }[] }).alternatives[0]!.words,
      );
    expect(words(body)).toEqual(said);
  }
});
