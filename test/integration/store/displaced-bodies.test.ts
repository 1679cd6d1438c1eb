import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { headCallback, storeCallback } from "../../../src/store/callbacks.ts";
import { newBodyPlace, requireBody } from "../../../src/store/content.ts";
import { promoteVersion, removeEarlierDocuments } from "../../../src/store/promote.ts";
import type { CallbackRecord } from "../../../src/store/record.ts";
import { sweepBodies } from "../../../src/store/sweep-bodies.ts";
import { settledKeys, storedKeys } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { mortal, WHEN } from "../../support/mortal.ts";

const HOUR_MS = 3_600_000;
const NOW = "2026-11-29T20:00:00.000Z";
const MOST_OPERATIONS = 40;

const newId = () => crypto.randomUUID() as RequestId;

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const textOf = (messages: number) => `document of ${messages} messages`;

/** A stream's document in an object of its own, as large ones are. */
async function store(requestId: RequestId, messages: number, bucket = env.TRANSCRIPTS) {
  const text = textOf(messages);
  const place = newBodyPlace();
  await bucket.put(place.key, text);
  const record = {
    requestId,
    state: "received",
    receivedAt: NOW,
    sha256: await digestOf(text),
    facts: null,
    stream: { owner: "one", startedAt: 1, messages },
  } as const;
  return storeCallback(bucket, record, { streamed: { ...place, bytes: text.length } });
}

async function currentOf(id: RequestId): Promise<CallbackRecord> {
  const record = await headCallback(env.TRANSCRIPTS, id);
  if (record === null || record.state === "deleted") throw new Error("there is no record");
  return record;
}

const readText = async (id: RequestId) =>
  (await requireBody(env.TRANSCRIPTS, await currentOf(id))).text();

const promote = async (id: RequestId, messages: number, bucket = env.TRANSCRIPTS) =>
  promoteVersion(bucket, id, await digestOf(textOf(messages)), NOW);

/** All that is due in the next hours. */
async function sweep(): Promise<void> {
  for (const hours of [2, 4, 6]) {
    const now = Date.now() + hours * HOUR_MS;
    await sweepBodies(env.TRANSCRIPTS, now, "start");
    for (let more = 1; more > 0; ) {
      more = (await sweepBodies(env.TRANSCRIPTS, now, "continue")).removed;
    }
  }
}

const bodiesThere = async () => (await storedKeys()).filter((key) => key.startsWith("bodies/"));

const three = async () => {
  const id = newId();
  for (const messages of [1, 2, 3]) await store(id, messages);
  return id;
};

describe("an earlier document of a stream", () => {
  it("goes at once, and its body with the sweeper", async () => {
    const id = await three();
    await removeEarlierDocuments(env.TRANSCRIPTS, await currentOf(id));
    const versions = (await storedKeys()).filter((key) => key.includes("/versions/"));
    expect(versions).toEqual([`beside/${id}/versions/${await digestOf(textOf(2))}`]);
    expect(await bodiesThere()).toHaveLength(3);
    await settledKeys();
    await sweep();
    expect(await bodiesThere()).toHaveLength(2);
    await settledKeys();
  });

  it("that is promoted while it is removed keeps its body", async () => {
    const id = await three();
    const record = await currentOf(id);
    const put = async (key: string, ...rest: [never]) => {
      // The promotion has read the version.
      if (key === `callbacks/${id}`) await removeEarlierDocuments(env.TRANSCRIPTS, record);
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const promoted = await promote(id, 1, faulty(env.TRANSCRIPTS, { put }));
    expect(promoted).toMatchObject({ outcome: "promoted" });
    expect(await readText(id)).toBe(textOf(1));
    await sweep();
    expect(await readText(id)).toBe(textOf(1));
    await settledKeys();
  });

  it("stays when it was promoted since the record was read", async () => {
    const id = await three();
    const record = await currentOf(id);
    await promote(id, 1);
    await removeEarlierDocuments(env.TRANSCRIPTS, record);
    const versions = (await storedKeys()).filter((key) => key.includes("/versions/"));
    expect(versions).toHaveLength(3);
    await sweep();
    expect(await readText(id)).toBe(textOf(1));
    await settledKeys();
  });

  it("leaves nothing behind when the Worker dies at any step", { timeout: 60_000 }, async () => {
    let lives = false;
    for (let operation = 1; !lives && operation <= MOST_OPERATIONS; operation++) {
      lives = true;
      for (const when of WHEN) {
        const id = await three();
        const { died, env: its } = mortal({ operation, when });
        const work = removeEarlierDocuments(its.TRANSCRIPTS, await currentOf(id));
        if ((await Promise.race([work, died])) === "died") lives = false;
        await sweep();
        await settledKeys();
        await removeEarlierDocuments(env.TRANSCRIPTS, await currentOf(id));
        await sweep();
        await settledKeys();
        expect(await readText(id)).toBe(textOf(3));
      }
    }
    expect(lives).toBe(true);
  });
});

describe("a body that takes another's place", () => {
  it("leaves nothing behind when the Worker dies at any step", { timeout: 60_000 }, async () => {
    let lives = false;
    for (let operation = 1; !lives && operation <= MOST_OPERATIONS; operation++) {
      lives = true;
      for (const when of WHEN) {
        const id = newId();
        // Nothing new comes into an hour that was swept.
        await env.TRANSCRIPTS.delete("bodies-swept");
        await store(id, 1);
        const { died, env: its } = mortal({ operation, when });
        const work = store(id, 2, its.TRANSCRIPTS);
        if ((await Promise.race([work, died])) === "died") lives = false;
        await sweep();
        await settledKeys();
        await env.TRANSCRIPTS.delete("bodies-swept");
        await store(id, 2);
        expect(await readText(id)).toBe(textOf(2));
        await sweep();
        await settledKeys();
      }
    }
    expect(lives).toBe(true);
  });

  /** A current body of which the version is another upload. */
  async function twice() {
    const id = newId();
    await store(id, 1);
    const version = `beside/${id}/versions/${await digestOf(textOf(1))}`;
    const { customMetadata } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
    const { key: body } = newBodyPlace();
    await env.TRANSCRIPTS.put(body, textOf(1));
    const owner = { owner: `callbacks/${id}`, sha256: customMetadata?.sha256 ?? "" };
    await env.TRANSCRIPTS.put(body.replace("bodies/", "body-refs/"), "", { customMetadata: owner });
    await env.TRANSCRIPTS.put(version, "{}", { customMetadata: { ...customMetadata, body } });
    return { id, version };
  }

  it("has the other upload of a version's bytes removed", async () => {
    const { id } = await twice();
    await sweep();
    expect(await bodiesThere()).toHaveLength(2);
    await store(id, 2);
    expect(await bodiesThere()).toHaveLength(3);
    await settledKeys();
    await sweep();
    expect(await bodiesThere()).toHaveLength(2);
    await settledKeys();
  });

  it("finds the version gone that it relied on, and writes it again", async () => {
    const { id, version } = await twice();
    let isGone = false;
    const put = async (key: string, ...rest: [never]) => {
      const object = await env.TRANSCRIPTS.put(key, ...rest);
      if (key === version && !isGone) {
        isGone = true;
        await env.TRANSCRIPTS.delete(version);
      }
      return object;
    };
    const stored = await store(id, 2, faulty(env.TRANSCRIPTS, { put }));
    expect(stored).toMatchObject({ outcome: "replaced" });
    expect(await env.TRANSCRIPTS.head(version)).not.toBeNull();
  });
});
