import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { alarmAfter, ownerNamed, post, statusOf } from "../../integration/live/stream.ts";
import { settledKeys, storedKeys } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";
import { FAILURES, type Step, stepFault } from "./large-body-steps.ts";
import { newWorld, sweep } from "./world.ts";

const WORDS = 300;
/** More than are held, together. */
const FINALS = 5;
const UPLOAD: Step[] = [
  "begin of the upload",
  "part of the upload",
  "end of the upload",
  "put of the reference",
];

/** What makes a document of more than is held, and the steps of its way. */
const DOCUMENTS: { name: string; documents: number; steps: Step[] }[] = [
  { name: "the first document", documents: 1, steps: [...UPLOAD, "put of the record"] },
  {
    name: "a document made anew",
    documents: 2,
    steps: [...UPLOAD, "put of the version", "put of the record"],
  },
];

/**
 * A clock that is played would end the timers of the Durable Object from outside, and one that is ended
 * while it works takes the tests with it: it is evicted after the failure instead.
 */
const PLAYED = FAILURES.filter(({ name }) => ["rejected", "429", "unheard"].includes(name));

const CELLS = DOCUMENTS.flatMap(({ steps, ...document }) =>
  steps.flatMap((step) =>
    PLAYED.flatMap((failure) => [
      { ...document, step, failure, end: "stays" },
      { ...document, step, failure, end: "is evicted" },
    ]),
  ),
).filter(({ failure, end }) => inject("isLong") || (failure.name === "unheard" && end !== "stays"));

const final = (id: string, at: number) => ({
  type: "Results",
  channel_index: [0, 1],
  start: at * 1_000,
  duration: 1_000,
  is_final: true,
  channel: { alternatives: [{ transcript: "", confidence: 0.9, words: words(at) }] },
  metadata: { request_id: id },
});

const words = (at: number) =>
  Array.from({ length: WORDS }, (_, index) => {
    const start = at * 1_000 + index / 2;
    return { word: `word${at}x${index}`, start, end: start + 0.4, confidence: 0.9 };
  });

const terminal = (id: string) => ({
  type: "Metadata",
  request_id: id,
  sha256: "complete",
  created: "2026-11-24T10:00:00.000Z",
  duration: 1_000,
  channels: 1,
});

afterEach(() => vi.useRealTimers());

/** Makes the document whose writing meets the failure, and then as often as its owner tries again. */
async function madeAtLast({ step, failure, end }: (typeof CELLS)[number], id: string) {
  const fault = stepFault(step, failure, "receiving");
  const { env: troubled } = fault.trouble!();
  const owner = ownerNamed(id);
  await runInDurableObject(owner, (instance) => {
    Object.assign(instance, { env: { ...env, TRANSCRIPTS: troubled.TRANSCRIPTS } });
  });
  await alarmAfter(id, 5);
  expect(fault.met()).toBeGreaterThan(0);
  await runInDurableObject(owner, (instance) => void Object.assign(instance, { env }));
  if (end === "is evicted") await evictDurableObject(owner);
  await alarmAfter(id, 60);
}

describe.each(CELLS)("$name, $step: $failure.name, the owner $end", ({ documents, ...cell }) => {
  it("is whole, current, and stored once", { timeout: 180_000 }, async () => {
    const id = crypto.randomUUID();
    const finals = Array.from({ length: documents * FINALS }, (_, at) => at);
    for (const at of finals) {
      if (at === FINALS) await alarmAfter(id, 5);
      expect((await post(final(id, at))).status).toBe(200);
      if (at === FINALS - 1) expect((await post(terminal(id))).status).toBe(200);
    }
    await madeAtLast({ documents, ...cell }, id);
    expect(await statusOf(id)).toMatchObject({ state: "received", conflicts: [] });
    later(7_300);
    await sweep(newWorld(), "17 * * * *");
    vi.useRealTimers();
    const text = await (await get(`/v1/transcripts/${id}`)).text();
    expect(text.length).toBeGreaterThan(MAX_HELD_BYTES);
    const said = [...text.matchAll(/"word":"(word\d+x\d+)"/g)].map(([, word]) => word);
    expect(said).toEqual(finals.flatMap((at) => words(at).map(({ word }) => word)));
    // No body is left over, and none lacks its reference.
    const keys = await settledKeys();
    expect(keys.filter((key) => /^(body-checks|outbox)\//.test(key))).toEqual([]);
    const bodies = (await storedKeys()).filter((key) => key.startsWith("bodies/"));
    expect(bodies).toHaveLength(documents);
  });
});
