import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type Effect, effectName } from "../../../src/config/follow-ups.ts";
import { parseRequestId, type RequestId } from "../../../src/deepgram/request-id.ts";
import {
  claimEffect,
  closeEffect,
  type Ending,
  openEntry,
  readEntry,
  reopenEffect,
} from "../../../src/store/effect-claims.ts";
import { faulty } from "../../support/faulty.ts";

const EFFECT: Effect = { channel: "webhook", to: "crm", event: "transcript.received" };
const NAME = effectName(EFFECT);
const NOW = Date.UTC(2026, 10, 23);
const bucket = env.TRANSCRIPTS;

let id: RequestId;

beforeEach(() => {
  id = parseRequestId(crypto.randomUUID()) as RequestId;
});

const open = () => openEntry(bucket, id, EFFECT, NOW);
const claim = (now = NOW) =>
  claimEffect(
    bucket,
    id,
    { name: NAME, generation: 0, repeatableForMs: Number.POSITIVE_INFINITY },
    now,
  );
const stateOf = async () => (await readEntry(bucket, id, NAME))?.state;

async function claimed(now = NOW) {
  const result = await claim(now);
  if (result.claim !== "mine") throw new Error(`the claim is ${result.claim}`);
  return result.entry;
}

describe("an effect", () => {
  it("is entered once", async () => {
    expect([await open(), await open()]).toMatchObject([{ state: "queued" }, null]);
    expect(await stateOf()).toBe("queued");
  });

  it("that was never planned is settled", async () => {
    expect(await claim()).toEqual({ claim: "settled", ended: null });
  });

  it("is claimed by one of many at the same moment", async () => {
    await open();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim()));
    expect(claims.filter(({ claim }) => claim === "mine")).toHaveLength(1);
    expect(claims.filter(({ claim }) => claim === "busy")).toHaveLength(7);
  });

  it("is claimed by one of many when it is tried again", async () => {
    await open();
    await closeEffect(
      bucket,
      id,
      await claimed(),
      { state: "retrying", error: "500", delaySeconds: 0 },
      NOW,
    );
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim()));
    expect(claims.filter(({ claim }) => claim === "mine")).toHaveLength(1);
  });

  it("is held by who wrote it, also when R2's answer to that was lost", async () => {
    let lost = 0;
    const put = async (...written: Parameters<R2Bucket["put"]>) => {
      const object = await bucket.put(...written);
      if (lost++ === 0) throw new Error("put: Network connection lost.");
      return object;
    };
    const losing = faulty(bucket, { put });
    expect(await openEntry(losing, id, EFFECT, NOW)).not.toBeNull();
    lost = 0;
    const wanted = { name: NAME, generation: 0, repeatableForMs: 0 };
    const result = await claimEffect(losing, id, wanted, NOW);
    if (result.claim !== "mine") throw new Error(`the claim is ${result.claim}`);
    lost = 0;
    expect(await closeEffect(losing, id, result.entry, { state: "done" }, NOW)).toBe(true);
    expect(await stateOf()).toBe("done");
  });

  it("is not held by who lost an answer and the race", async () => {
    await open();
    let tries = 0;
    const put = async (...written: Parameters<R2Bucket["put"]>) => {
      if (tries++ > 0) return bucket.put(...written);
      await claimed();
      throw new Error("put: Network connection lost.");
    };
    const wanted = { name: NAME, generation: 0, repeatableForMs: 0 };
    expect((await claimEffect(faulty(bucket, { put }), id, wanted, NOW)).claim).toBe("busy");
  });

  it("that backs off is busy until then, for every consumer", async () => {
    await open();
    const ending = { state: "retrying", error: "429", delaySeconds: 600 } as const;
    await closeEffect(bucket, id, await claimed(), ending, NOW);
    expect(await claim(NOW + 1_000)).toEqual({ claim: "busy", retryInSeconds: 599 });
    expect((await claimed(NOW + 600_000)).attempts).toBe(2);
    expect((await readEntry(bucket, id, NAME))?.notBefore).toBeUndefined();
  });

  it("that is running is busy until the lease is over, and then goes to the next", async () => {
    await open();
    await claimed();
    expect(await claim(NOW + 20_000)).toEqual({ claim: "busy", retryInSeconds: 220 });
    expect((await claimed(NOW + 240_000)).attempts).toBe(2);
  });

  it("that was taken over is not closed by the one that lost it", async () => {
    await open();
    const first = await claimed();
    const second = await claimed(NOW + 240_000);
    await closeEffect(
      bucket,
      id,
      first,
      { state: "retrying", error: "late", delaySeconds: 0 },
      NOW + 241_000,
    );
    expect(await stateOf()).toBe("running");
    await closeEffect(bucket, id, second, { state: "done" }, NOW + 242_000);
    expect(await stateOf()).toBe("done");
  });

  it.each(["done", "failed", "dead", "uncertain"] as const)(
    "that is %s is settled",
    async (state) => {
      await open();
      await closeEffect(bucket, id, await claimed(), { state, error: "" } as Ending, NOW);
      const ended = expect.objectContaining({ state });
      expect(await claim(NOW + 3_600_000)).toEqual({ claim: "settled", ended });
    },
  );

  it("keeps its last error, cut and in ASCII, until it is done", async () => {
    await open();
    const error = `é${"x".repeat(1_000)}`;
    await closeEffect(
      bucket,
      id,
      await claimed(),
      { state: "retrying", error, delaySeconds: 0 },
      NOW,
    );
    expect((await readEntry(bucket, id, NAME))?.lastError).toBe(`?${"x".repeat(299)}`);
  });

  it("is not written anew after its transcript was erased", async () => {
    await open();
    const entry = await claimed();
    await bucket.delete(`beside/${id}/effects/${NAME}`);
    await closeEffect(bucket, id, entry, { state: "done" }, NOW);
    expect(await readEntry(bucket, id, NAME)).toBeNull();
  });
});

describe("a translation", () => {
  const spanish: Effect = { channel: "translate", to: "es" };
  const work = {
    name: effectName(spanish),
    generation: 0,
    repeatableForMs: Number.POSITIVE_INFINITY,
  };
  const translating = (now: number) => claimEffect(bucket, id, work, now);

  it("begins to count its attempts anew with each part, and is whole when it is done", async () => {
    await openEntry(bucket, id, spanish, NOW);
    for (const end of [{ state: "queued", progress: 0.5 }, { state: "done" }] as const) {
      const result = await translating(NOW);
      if (result.claim !== "mine") throw new Error(result.claim);
      expect(result.entry.attempts).toBe(1);
      await closeEffect(bucket, id, result.entry, end, NOW);
    }
    expect(await readEntry(bucket, id, work.name)).toMatchObject({ state: "done", progress: 1 });
  });
});

it("a write that R2 refuses as one too many in a second is made again", async () => {
  await open();
  const entry = await claimed();
  let refusals = 1;
  const put = async (key: string, ...rest: [string]) => {
    if (refusals-- > 0) throw new Error("put: Reduce your concurrent request rate (10058)");
    return bucket.put(key, ...rest);
  };
  await closeEffect(faulty(bucket, { put }), id, entry, { state: "done" }, NOW);
  expect(await stateOf()).toBe("done");
});

describe("an effect that cannot be repeated", () => {
  const claimOnce = (now: number) =>
    claimEffect(bucket, id, { name: NAME, generation: 0, repeatableForMs: 0 }, now);

  it("is abandoned, not tried again, when the attempt has died", async () => {
    await open();
    expect((await claimOnce(NOW)).claim).toBe("mine");
    expect((await claimOnce(NOW + 239_000)).claim).toBe("busy");
    expect((await claimOnce(NOW + 241_000)).claim).toBe("abandoned");
  });

  it("is tried again when the attempt before has ended", async () => {
    await open();
    const first = await claimOnce(NOW);
    if (first.claim !== "mine") throw new Error(first.claim);
    const end = { state: "retrying", error: "busy", delaySeconds: 5 } as const;
    await closeEffect(bucket, id, first.entry, end, NOW);
    expect((await claimOnce(NOW + 6_000)).claim).toBe("mine");
  });
});

describe("a new generation", () => {
  const reopened = async (now = NOW) => {
    const entry = await readEntry(bucket, id, NAME);
    if (entry === null) throw new Error("there is no entry");
    return reopenEffect(bucket, id, entry, now);
  };

  it.each(["done", "dead"] as const)(
    "begins what is %s anew, for its own messages only",
    async (state) => {
      await open();
      await closeEffect(bucket, id, await claimed(), { state }, NOW);
      expect(await reopened()).toMatchObject({ state: "queued", generation: 1, attempts: 0 });
      expect(await claim()).toEqual({ claim: "settled", ended: null });
      const work = { name: NAME, generation: 1, repeatableForMs: Number.POSITIVE_INFINITY };
      expect((await claimEffect(bucket, id, work, NOW)).claim).toBe("mine");
    },
  );

  it("does not begin while it is being tried, and does when the attempt has died", async () => {
    await open();
    await claimed();
    expect(await reopened(NOW + 1_000)).toBeNull();
    expect(await reopened(NOW + 241_000)).toMatchObject({ generation: 1 });
  });

  it("is started once by two who want it at the same moment", async () => {
    await open();
    const both = await Promise.all([reopened(), reopened()]);
    expect(both.filter((entry) => entry !== null)).toHaveLength(1);
  });
});

describe("the attempts of an effect", () => {
  const history = async () => (await readEntry(bucket, id, NAME))?.history;
  const end = async (ending: Ending, now = NOW) =>
    closeEffect(bucket, id, await claimed(now), ending, now + 180);
  const at = (ms: number) => new Date(ms).toISOString();

  it("are kept with how each ended", async () => {
    await open();
    await end({ state: "retrying", error: "the answer was 500", delaySeconds: 60, status: 500 });
    await end({ state: "done", status: 200 }, NOW + 61_000);
    expect(await history()).toEqual([
      {
        attempt: 1,
        at: at(NOW),
        outcome: "retrying",
        status: 500,
        ms: 180,
        error: "the answer was 500",
        next_at: at(NOW + 60_180),
      },
      { attempt: 2, at: at(NOW + 61_000), outcome: "done", status: 200, ms: 180 },
    ]);
  });

  it("continue being counted when a person starts it again", async () => {
    await open();
    await end({ state: "failed", error: "no", status: 400 });
    const entry = await readEntry(bucket, id, NAME);
    if (entry === null) throw new Error("there is no entry");
    // As it is listed: its body has not been read.
    await reopenEffect(bucket, id, { ...entry, history: null }, NOW);
    const work = { name: NAME, generation: 1, repeatableForMs: 0 };
    const again = await claimEffect(bucket, id, work, NOW);
    if (again.claim !== "mine") throw new Error(`the claim is ${again.claim}`);
    await closeEffect(bucket, id, again.entry, { state: "done" }, NOW);
    const numbers = (await history())?.map(({ attempt, outcome }) => [attempt, outcome]);
    expect(numbers).toEqual([
      [1, "failed"],
      [2, "done"],
    ]);
  });

  it("are the last twenty, with errors of at most 300 characters in ASCII", async () => {
    await open();
    const error = `é${"x".repeat(400)}`;
    for (let n = 0; n < 23; n++) {
      await end({ state: "retrying", error, delaySeconds: 0 }, NOW + n * 1_000);
    }
    const kept = await history();
    expect(kept?.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 4),
    );
    expect(kept?.[0]?.error).toBe(`?${"x".repeat(299)}`);
  });

  it("hold one that died, its end unknown", async () => {
    await open();
    await claimed();
    expect(await history()).toEqual([{ attempt: 1, at: at(NOW), outcome: "running", ms: null }]);
    await end({ state: "done" }, NOW + 240_000);
    expect(await history()).toEqual([
      { attempt: 1, at: at(NOW), outcome: "unknown", ms: null },
      { attempt: 2, at: at(NOW + 240_000), outcome: "done", ms: 180 },
    ]);
  });

  it("do not say how long one took that another closes after its death", async () => {
    await open();
    const held = await claimed();
    await closeEffect(bucket, id, held, { state: "uncertain", error: "died" }, NOW + 240_000);
    expect(await history()).toMatchObject([{ outcome: "uncertain", ms: null, error: "died" }]);
  });

  it("do not count what waits for its time", async () => {
    await open();
    const until = NOW + 3_600_000;
    await closeEffect(bucket, id, await claimed(), { state: "waiting", until, error: "full" }, NOW);
    expect(await history()).toEqual([]);
  });

  it("take the parts of a translation for one", async () => {
    const spanish: Effect = { channel: "translate", to: "es" };
    const work = { name: effectName(spanish), generation: 0, repeatableForMs: 0 };
    await openEntry(bucket, id, spanish, NOW);
    const endings: Ending[] = [
      { state: "queued", progress: 0.3 },
      { state: "queued", progress: 0.6 },
      { state: "done" },
    ];
    for (const [part, ending] of endings.entries()) {
      const result = await claimEffect(bucket, id, work, NOW + part * 1_000);
      if (result.claim !== "mine") throw new Error(`the claim is ${result.claim}`);
      await closeEffect(bucket, id, result.entry, ending, NOW + part * 1_000 + 100);
    }
    const entry = await readEntry(bucket, id, work.name);
    expect(entry?.history).toEqual([{ attempt: 1, at: at(NOW), outcome: "done", ms: 300 }]);
  });

  it("are none in an object from before they were kept, which is claimed and closed all the same", async () => {
    await open();
    await end({ state: "retrying", error: "500", delaySeconds: 0 });
    const key = `beside/${id}/effects/${NAME}`;
    const old = await bucket.get(key);
    await bucket.put(key, crypto.randomUUID(), { customMetadata: old?.customMetadata ?? {} });
    expect(await history()).toEqual([]);
    await end({ state: "done" }, NOW + 1_000);
    expect(await history()).toMatchObject([{ attempt: 2, outcome: "done" }]);
  });
});
