import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { jobCode, newJob } from "../../../src/auth/job-credentials.ts";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { basic, deliver, SECRET, storedKeys, transcript } from "../../support/deliver.ts";
import { OPERATOR } from "../../support/get.ts";
import {
  type Callback,
  callback,
  digestOf,
  isFailed,
  isQuarantined,
  reads,
  readsVersion,
} from "./callback.ts";
import { deletedRequest } from "./deleted-request.ts";
import { streamMessage } from "./stream-message.ts";
import { SIGNING_KEYS, type World } from "./world.ts";

export type Kind = {
  name: string;
  prepare: (world: World) => Promise<Callback>;
  /** Nothing of it is handed to the queue. */
  isAlone?: true;
  /** It has no valid credential. */
  isForeign?: true;
  /** A Durable Object keeps it. */
  isOwned?: true;
  /** A person asks for it, without a body. */
  isAsked?: true;
};

const PADDING = " ".repeat(MAX_HELD_BYTES);

const simple = (
  name: string,
  change: (made: { id: string; body: string }) => Partial<Callback> & { text: string },
): Kind => ({
  name,
  prepare: async () => {
    const made = transcript();
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

const isNothing = async () => expect(await storedKeys()).toEqual([]);

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
      const holds = () => reads(id, body);
      return callback({ text: body, path: `/hook/${name}`, headers, id, holds });
    },
  },
  {
    name: "failure of a job, without an id",
    prepare: async () => {
      const id = crypto.randomUUID();
      const { name, headers } = await job();
      await bind(name, id);
      const text = errorBody("text", id);
      const holds = () => isFailed(id, text);
      return callback({ text, path: `/hook/${name}`, headers, id, holds });
    },
  },
  {
    name: "failure with an id",
    prepare: async () => {
      const id = crypto.randomUUID();
      const text = errorBody("err_code", id);
      return callback({ text, id, holds: () => isFailed(id, text) });
    },
  },
  {
    name: "not to be matched",
    isAlone: true,
    prepare: async () => {
      const text = `nobody knows ${crypto.randomUUID()}`;
      return callback({ text, ends: 422, holds: () => isQuarantined(text), effects: 0 });
    },
  },
  // The message of the earlier callback was lost: the follow-ups are of the second delivery alone.
  {
    name: "a copy",
    prepare: async () => {
      const { id, body } = transcript();
      await deliver(body);
      return callback({ text: body, id, holds: () => reads(id, body) });
    },
  },
  {
    name: "other bytes",
    prepare: async () => {
      const { id, body } = transcript();
      await deliver(body);
      const other = transcript({ requestId: id, words: 30 }).body;
      const holds = async () => {
        await reads(id, body);
        await readsVersion(id, other);
      };
      return callback({ text: other, id, holds });
    },
  },
  {
    name: "a transcript after a failure",
    prepare: async () => {
      const { id, body } = transcript();
      const failure = errorBody("category", id);
      await deliver(failure);
      const holds = async () => {
        await reads(id, body);
        await readsVersion(id, failure);
      };
      return callback({ text: body, id, holds });
    },
  },
  {
    name: "a large transcript after a failure",
    prepare: async () => {
      const { id, body } = transcript();
      const failure = errorBody("category", id);
      await deliver(failure);
      const text = body + PADDING;
      const holds = async () => {
        await reads(id, text);
        await readsVersion(id, failure);
      };
      return callback({ text, id, holds });
    },
  },
  {
    name: "a failure after a transcript",
    prepare: async () => {
      const { id, body } = transcript();
      await deliver(body);
      const text = errorBody("category", id);
      const holds = async () => {
        await reads(id, body);
        await readsVersion(id, text);
      };
      return callback({ text, id, holds });
    },
  },
  {
    name: "a promotion",
    isAsked: true,
    prepare: async () => {
      const { id, body } = transcript();
      const other = transcript({ requestId: id, words: 30 }).body;
      for (const each of [body, other]) await deliver(each);
      const holds = async () => {
        await reads(id, other);
        await readsVersion(id, body);
      };
      return callback({
        text: "",
        path: `/v1/transcripts/${id}/versions/${await digestOf(other)}/promote`,
        headers: { authorization: OPERATOR },
        id,
        holds,
        webhooks: 2,
      });
    },
  },
  { name: "after the deletion", prepare: deletedRequest },
  { name: "message of a stream", isOwned: true, prepare: streamMessage },
  {
    name: "unverified",
    isAlone: true,
    isForeign: true,
    prepare: async () => {
      const { body } = transcript({ callbackSecret: "wrong" });
      const authorization = basic("deepgram:wrong");
      const headers = { authorization, "content-type": "application/json" };
      return callback({ text: body, headers, ends: 401, holds: isNothing, effects: 0 });
    },
  },
  {
    name: "unverified, large",
    isAlone: true,
    isForeign: true,
    prepare: async () => {
      const text = transcript().body + PADDING;
      const headers = { "content-type": "application/json" };
      const refused = { headers, isChunked: true, ends: 401, holds: isNothing, effects: 0 };
      return callback({ text, ...refused });
    },
  },
];
