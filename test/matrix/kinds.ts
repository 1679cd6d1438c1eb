import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { MAX_HELD_BYTES } from "../../src/limits.ts";
import { jobCode, newJob } from "../../src/submit/job.ts";
import { errorBody } from "../support/bodies/errors.ts";
import { BASIC, basic, deliver, SECRET, storedKeys, transcript } from "../support/deliver.ts";
import { asOperator, get } from "../support/get.ts";

export const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";

/** What Deepgram delivers again and again until it is content. */
export type Callback = {
  path: string;
  method: "POST" | "PUT";
  headers: Record<string, string>;
  body: Uint8Array;
  isChunked: boolean;
  /** The answer when nothing is wrong. */
  ends: number;
  /** Rejects unless all that an acknowledgement promises is so. */
  holds: () => Promise<void>;
  /** Notifications that are to follow; null where they come with the end of a stream. */
  effects: number | null;
  /** The request that the catalogue is to know. */
  id: string | null;
};

export type Kind = { name: string; prepare: (replaced: Partial<Env>) => Promise<Callback> };

const bytesOf = (text: string) => new TextEncoder().encode(text);

const raw = async (id: string, query = "") =>
  get(`/v1/transcripts/${id}${query}`, { headers: { accept: "application/json" } });

/** Reading gives exactly this text. */
async function reads(id: string, text: string, query = ""): Promise<void> {
  const response = await raw(id, query);
  expect(response.status).toBe(200);
  const found = await response.text();
  // A difference of megabytes would be printed for minutes.
  expect(found === text).toBe(true);
}

const stateOf = async (id: string) =>
  (await (await get(`/v1/transcripts/${id}/status`)).json<{ state: string }>()).state;

async function quarantined(): Promise<number> {
  const response = await asOperator("/v1/quarantine?limit=200");
  const { quarantine } = await response.json<{ quarantine: unknown[] }>();
  return quarantine.length;
}

const callback = (given: Partial<Callback> & { text: string }): Callback => ({
  path: "/hook",
  method: "POST",
  headers: { authorization: BASIC, "content-type": "application/json" },
  body: bytesOf(given.text),
  isChunked: false,
  ends: 200,
  holds: async () => {},
  effects: 1,
  id: null,
  ...given,
});

const PADDING = " ".repeat(MAX_HELD_BYTES);

const simple = (
  name: string,
  change: (made: { id: string; body: string }) => Partial<Callback> & { text: string },
  options: Parameters<typeof transcript>[0] = {},
): Kind => ({
  name,
  prepare: async () => {
    const made = transcript(options);
    const given = change(made);
    return callback({ id: made.id, holds: () => reads(made.id, given.text), ...given });
  },
});

async function job() {
  const name = newJob("s", Date.now());
  const authorization = basic(`${name}:${await jobCode(name, SIGNING_KEYS)}`);
  return { name, headers: { authorization, "content-type": "application/json" } };
}

/** As a submission records it. */
const bind = (name: string, id: string) =>
  env.TRANSCRIPTS.put(`submitted/${name}`, "", { customMetadata: { request_id: id } });

/** Every kind of callback. */
export const KINDS: Kind[] = [
  simple("small transcript", ({ body }) => ({ text: body })),
  simple("by PUT", ({ body }) => ({ text: body, method: "PUT" })),
  {
    name: "by callback_secret alone",
    prepare: async () => {
      const { id, body } = transcript({ callbackSecret: SECRET });
      const headers = { "content-type": "application/json" };
      const masked = body.replace(SECRET, "*".repeat(SECRET.length));
      return callback({ text: body, headers, id, holds: () => reads(id, masked) });
    },
  },
  simple("large, with a length", ({ body }) => ({ text: body + PADDING })),
  simple("large, chunked", ({ body }) => ({ text: body + PADDING, isChunked: true })),
  {
    name: "of a job",
    prepare: async () => {
      const { id, body } = transcript();
      const { name, headers } = await job();
      await bind(name, id);
      return callback({
        text: body,
        path: `/hook/${name}`,
        headers,
        id,
        holds: () => reads(id, body),
      });
    },
  },
  {
    name: "failure of a job, without an id",
    prepare: async () => {
      const id = crypto.randomUUID();
      const { name, headers } = await job();
      await bind(name, id);
      const holds = async () => expect(await stateOf(id)).toBe("failed");
      return callback({ text: errorBody("text", id), path: `/hook/${name}`, headers, id, holds });
    },
  },
  {
    name: "failure with an id",
    prepare: async () => {
      const id = crypto.randomUUID();
      const holds = async () => expect(await stateOf(id)).toBe("failed");
      return callback({ text: errorBody("err_code", id), id, holds });
    },
  },
  {
    name: "not to be matched",
    prepare: async () => {
      const text = `nobody knows ${crypto.randomUUID()}`;
      const before = await quarantined();
      const holds = async () => expect(await quarantined()).toBe(before + 1);
      return callback({ text, ends: 422, holds, effects: 0 });
    },
  },
  {
    name: "a copy",
    prepare: async (replaced) => {
      const { id, body } = transcript();
      await deliver(body, { env: replaced });
      return callback({ text: body, id, holds: () => reads(id, body) });
    },
  },
  {
    name: "other bytes",
    prepare: async (replaced) => {
      const { id, body } = transcript();
      await deliver(body, { env: replaced });
      const other = transcript({ requestId: id, words: 30 }).body;
      const holds = async () => {
        await reads(id, body);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(other)));
        await reads(id, other, `?version=${digest.toHex()}`);
      };
      return callback({ text: other, id, holds });
    },
  },
  {
    name: "after the deletion",
    prepare: async () => {
      const { id, body } = transcript();
      await deliver(body);
      await asOperator(`/v1/transcripts/${id}`, "DELETE");
      const holds = async () => expect((await raw(id)).status).toBe(410);
      return callback({ text: body, effects: 0, holds });
    },
  },
  {
    name: "message of a stream",
    prepare: async () => {
      const id = crypto.randomUUID();
      const words = [{ word: "ready", start: 0.5, end: 0.9, confidence: 0.9 }];
      const channel = { alternatives: [{ transcript: "ready", confidence: 0.9, words }] };
      const text = JSON.stringify({
        type: "Results",
        channel_index: [0, 1],
        start: 0,
        duration: 1,
        is_final: true,
        channel,
        metadata: { request_id: id },
      });
      const holds = async () => {
        const response = await get(`/v1/transcripts/${id}.txt?partial=true`);
        expect(await response.text()).toContain("ready");
      };
      return callback({ text, holds, effects: null });
    },
  },
  {
    name: "unverified",
    prepare: async () => {
      const { body } = transcript({ callbackSecret: "wrong" });
      const holds = async () => expect(await storedKeys()).toEqual([]);
      const headers = {
        authorization: basic("deepgram:wrong"),
        "content-type": "application/json",
      };
      return callback({ text: body, headers, ends: 401, holds, effects: 0 });
    },
  },
  {
    name: "unverified, large",
    prepare: async () => {
      const { body } = transcript();
      const holds = async () => expect(await storedKeys()).toEqual([]);
      const headers = { "content-type": "application/json" };
      const text = body + PADDING;
      return callback({ text, headers, isChunked: true, ends: 401, holds, effects: 0 });
    },
  },
];
