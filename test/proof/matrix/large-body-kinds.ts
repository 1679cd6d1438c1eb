import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { storeCallback } from "../../../src/store/callbacks.ts";
import { newBodyPlace } from "../../../src/store/content.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { asOperator, OPERATOR } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";
import {
  type Callback,
  callback,
  digestOf,
  isQuarantined,
  raw,
  reads,
  readsVersion,
} from "./callback.ts";
import { deletedRequest } from "./deleted-request.ts";
import type { Fault } from "./faults.ts";
import type { Kind } from "./kinds.ts";
import type { Step } from "./large-body-steps.ts";
import { sweep, type World } from "./world.ts";

/** A kind of callback or call that writes or removes large bodies, and the steps of its way. */
export type LargeBodyKind = Kind & { side: Fault["side"]; steps: Step[] };

const PADDING = " ".repeat(MAX_HELD_BYTES);

/** Large transcripts of one request. */
function bodies() {
  const { id, body } = transcript();
  const other = transcript({ requestId: id, words: 30 }).body;
  return { id, small: [body, other] as const, first: body + PADDING, second: other + PADDING };
}

const receiving = (name: string, steps: Step[], prepare: Kind["prepare"]): LargeBodyKind => ({
  name,
  side: "receiving",
  steps,
  prepare,
});

const UPLOAD: Step[] = ["put of the body", "put of the reference"];

/** The sweeper has looked at all bodies once: only what is noted is looked at again. */
async function areSwept(world: World): Promise<void> {
  later(3 * 3_600);
  await sweep(world, "17 * * * *");
}

/** The current body, and a version beside it. */
const isCurrent = (id: string, current: string, version: string) => async () => {
  await reads(id, current);
  await readsVersion(id, version);
};

/** The promotion of a version by an operator. */
const promotion = async (id: string, promoted: string, displaced: string): Promise<Callback> =>
  callback({
    text: "",
    path: `/v1/transcripts/${id}/versions/${await digestOf(promoted)}/promote`,
    headers: { authorization: OPERATOR },
    id,
    holds: isCurrent(id, promoted, displaced),
    webhooks: 2,
  });

const deletion = (path: string, rest: Partial<Callback>): Callback =>
  callback({
    text: "",
    path,
    method: "DELETE",
    headers: { authorization: OPERATOR },
    ends: 204,
    effects: 0,
    ...rest,
  });

/** A stream's documents in order, stored as its Durable Object does. */
async function storeDocuments(requestId: string, documents: readonly string[]): Promise<void> {
  for (const [index, text] of documents.entries()) {
    const place = newBodyPlace();
    await env.TRANSCRIPTS.put(place.key, text);
    const record = {
      requestId: requestId as RequestId,
      state: "received",
      receivedAt: new Date().toISOString(),
      sha256: await digestOf(text),
      facts: null,
      stream: { owner: "one", startedAt: 1, messages: index + 1 },
    } as const;
    await storeCallback(env.TRANSCRIPTS, record, { streamed: { ...place, bytes: text.length } });
  }
}

/** Every way of a large body. */
export const LARGE_BODY_KINDS: LargeBodyKind[] = [
  receiving("a body with a length", [...UPLOAD, "put of the record"], async () => {
    const { id, first } = bodies();
    return callback({ text: first, id, holds: () => reads(id, first) });
  }),
  receiving(
    "a chunked body",
    [
      "begin of the upload",
      "part of the upload",
      "end of the upload",
      "put of the reference",
      "put of the record",
    ],
    async () => {
      const { id, first } = bodies();
      return callback({ text: first, isChunked: true, id, holds: () => reads(id, first) });
    },
  ),
  receiving("a copy", ["put of the body", "delete of the body"], async () => {
    const { id, first } = bodies();
    await deliver(first);
    return callback({ text: first, id, holds: () => reads(id, first) });
  }),
  receiving("other bytes", [...UPLOAD, "put of the version"], async () => {
    const { id, first, second } = bodies();
    await deliver(first);
    return callback({ text: second, id, holds: isCurrent(id, first, second) });
  }),
  receiving(
    "a transcript after a failure",
    [...UPLOAD, "put of the version", "put of the record"],
    async () => {
      const { id, first } = bodies();
      const failure = errorBody("category", id) + PADDING;
      await deliver(failure);
      return callback({ text: first, id, holds: isCurrent(id, first, failure) });
    },
  ),
  receiving("not to be matched", [...UPLOAD, "put of the quarantine entry"], async () => {
    const text = `nobody knows ${crypto.randomUUID()}${PADDING}`;
    return callback({ text, ends: 422, holds: () => isQuarantined(text), effects: 0 });
  }),
  receiving("a copy of what is in quarantine", [...UPLOAD, "delete of the body"], async () => {
    const text = `nobody knows ${crypto.randomUUID()}${PADDING}`;
    expect((await deliver(text)).status).toBe(422);
    return callback({ text, ends: 422, holds: () => isQuarantined(text), effects: 0 });
  }),
  receiving("after the deletion", ["put of the body", "delete of the body"], async (world) =>
    deletedRequest(world, PADDING),
  ),
  receiving(
    "promotion of a large body",
    ["put of the reference", "put of the version", "put of the record"],
    async () => {
      const { id, first, second } = bodies();
      for (const each of [first, second]) await deliver(each);
      return promotion(id, second, first);
    },
  ),
  receiving(
    "promotion of a small body",
    [...UPLOAD, "put of the version", "put of the record"],
    async () => {
      const { id, small } = bodies();
      for (const each of small) await deliver(each);
      return promotion(id, small[1], small[0]);
    },
  ),
  receiving(
    "promotion back to a small body",
    [
      ...UPLOAD,
      "put of the version",
      "note in body-checks",
      "note in displaced",
      "put of the record",
    ],
    async (world) => {
      const { id, small } = bodies();
      for (const each of small) await deliver(each);
      const path = `/v1/transcripts/${id}/versions/${await digestOf(small[1])}/promote`;
      expect((await asOperator(path, "POST")).status).toBe(200);
      await areSwept(world);
      return promotion(id, small[0], small[1]);
    },
  ),
  receiving(
    "deletion of a transcript",
    ["put of the record", "delete of the body", "delete of the version"],
    async (world) => {
      const { id, first, second } = bodies();
      for (const each of [first, second]) await deliver(each);
      await areSwept(world);
      return deletion(`/v1/transcripts/${id}`, {
        holds: async () => expect((await raw(id)).status).toBe(410),
        left: () => isGone(`callbacks/${id}`),
      });
    },
  ),
  receiving(
    "deletion from quarantine",
    ["note in body-checks", "delete of the quarantine entry", "delete of the body"],
    async (world) => {
      const text = `nobody knows ${crypto.randomUUID()}${PADDING}`;
      expect((await deliver(text)).status).toBe(422);
      const path = `/v1/quarantine/${await digestOf(text)}`;
      await areSwept(world);
      return deletion(path, {
        endsAgain: 404,
        holds: async () => expect((await asOperator(path)).status).toBe(404),
        left: () => isGone(),
      });
    },
  ),
  {
    name: "erasure by the queue",
    side: "following up",
    steps: ["delete of the body", "delete of the version"],
    prepare: async (world) => deletedRequest(world, PADDING),
  },
  {
    name: "earlier documents of a stream",
    side: "following up",
    steps: ["note in body-checks", "note in displaced", "delete of the version"],
    prepare: async (world) => {
      const { id, first, second } = bodies();
      const third = transcript({ requestId: id, words: 40 }).body + PADDING;
      await storeDocuments(id, [first, second, third]);
      const sha256 = await digestOf(first);
      await areSwept(world);
      return callback({
        text: third,
        id,
        holds: isCurrent(id, third, second),
        webhooks: 2,
        left: async () => expect((await storedKeys()).join()).not.toContain(sha256),
      });
    },
  },
];

/** Nothing is left but these objects, and what the sweeper has noted. */
async function isGone(...but: string[]): Promise<void> {
  const keys = await storedKeys();
  expect(keys.filter((key) => key !== "bodies-swept" && !but.includes(key))).toEqual([]);
}
