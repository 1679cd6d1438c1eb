import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { monthOf } from "../../../src/catalogue/search/months.ts";
import { configOf } from "../../../src/config/config.ts";
import { sweep } from "../../../src/cron.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { channels, EMAIL } from "../../support/channels.ts";
import { basic, transcript } from "../../support/deliver.ts";
import { providerWorld } from "../../support/providers/world.ts";
import { later } from "../../support/work-off.ts";
import { emptyBill, invoked, positions } from "./bill.ts";
import { type BilledEnv, billedEnv } from "./billed-env.ts";
import budget from "./budget.json";
import { drain } from "./drain.ts";
import { billedStream } from "./live-hour.ts";
import { ask, callBack } from "./play.ts";

// A change that adds an operation, or saves one, is written down in budget.json.

const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";
const WORDS = 200;

// The rows that D1 reads are those of a new database: one that was emptied has others.
beforeEach(async () => {
  await reset();
  await applyD1Migrations(env.CATALOGUE, env.MIGRATIONS);
  await primeMonth();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The index of this month is there, and in the list of months: what that takes is written once. */
async function primeMonth(): Promise<void> {
  const receivedAt = new Date().toISOString();
  await env.CATALOGUE.prepare("INSERT INTO months (month) VALUES (?1)")
    .bind(monthOf(receivedAt))
    .run();
  const index = env.SEARCH_INDEX.getByName(monthOf(receivedAt));
  const requestId = crypto.randomUUID() as RequestId;
  const part = { requestId, receivedAt, version: "", revision: 0, tags: "", first: 0, rows: [""] };
  await index.put({ ...part, isLast: true });
  await index.remove({ requestId, receivedAt });
}

const spoken = (extra?: Record<string, string>) =>
  transcript({ words: WORDS, utterances: true, ...(extra && { extra }) });

/** 1,500 words in 120 segments, in few enough bytes for the tests' limit of what is held in memory. */
function tenMinutes(): string {
  const sentence = "we talk about the parcel that has not come to the door";
  const utterances = Array.from({ length: 120 }, (_, at) => ({
    transcript: `${sentence} ${at}`,
    start: 5 * at,
    end: 5 * at + 5,
    channel: 0,
  }));
  const metadata = { request_id: crypto.randomUUID(), duration: 600, channels: 1 };
  return JSON.stringify({ metadata, results: { channels: [{}], utterances } });
}

/** A transcript that is received and followed up; what that cost is forgotten. */
async function received(billed: BilledEnv): Promise<{ id: string; body: string }> {
  const sent = spoken();
  expect(await callBack(billed, sent.body)).toBe(200);
  await drain(billed);
  Object.assign(billed.bill, emptyBill());
  return sent;
}

async function followedUp(billed: BilledEnv, extra?: Record<string, string>): Promise<void> {
  expect(await callBack(billed, spoken(extra).body)).toBe(200);
  await drain(billed);
}

/** A callback of so many times what is held in memory, and some bytes. */
async function large(billed: BilledEnv, times: number, isAnnounced = false): Promise<void> {
  const body = new TextEncoder().encode(spoken().body + " ".repeat(times * 4_194_304));
  const delivery = isAnnounced ? { bytes: body.length } : {};
  expect(await callBack(billed, body, delivery)).toBe(200);
  await drain(billed);
}

async function read(billed: BilledEnv, path: (id: string) => string): Promise<void> {
  const { id } = await received(billed);
  expect((await ask(billed, path(id))).status).toBe(200);
}

const SCENARIOS: Record<keyof typeof budget.operations, (billed: BilledEnv) => Promise<void>> = {
  "callback without follow-ups": (billed) => followedUp(billed),
  "the same with ten minutes of speech": async (billed) => {
    expect(await callBack(billed, tenMinutes())).toBe(200);
    await drain(billed);
  },
  "callback with one webhook": (billed) => followedUp(billed, { notify_webhook: "crm" }),
  "callback with one e-mail": (billed) => followedUp(billed, { notify_email: EMAIL }),
  "callback with one translation": (billed) => followedUp(billed, { translate: "es" }),
  "callback of just over 4 MiB": (billed) => large(billed, 1, true),
  "callback of just over 4 MiB, chunked": (billed) => large(billed, 1),
  "callback of just over 16 MiB": (billed) => large(billed, 4, true),
  "callback of just over 16 MiB, chunked": (billed) => large(billed, 4),
  "the same callback again": async (billed) => {
    const { body } = await received(billed);
    expect(await callBack(billed, body)).toBe(200);
    await drain(billed);
  },
  "another body for the same request": async (billed) => {
    const { body } = await received(billed);
    await callBack(billed, `${body} `);
    await drain(billed);
  },
  "callback that is refused": async (billed) => {
    const authorization = basic("deepgram:wrong");
    // Refusals are counted in one write for ten seconds, also those of the tests before.
    later(60);
    expect(await callBack(billed, spoken().body, { authorization })).toBe(401);
  },
  "transcript as it came": (billed) => read(billed, (id) => `/v1/transcripts/${id}`),
  "transcript that has not changed, 304": async (billed) => {
    const { id } = await received(billed);
    const { etag } = await ask(billed, `/v1/transcripts/${id}`);
    Object.assign(billed.bill, emptyBill());
    const headers = { "if-none-match": etag };
    expect((await ask(billed, `/v1/transcripts/${id}`, { headers })).status).toBe(304);
  },
  "transcript as WebVTT": (billed) => read(billed, (id) => `/v1/transcripts/${id}.vtt`),
  status: (billed) => read(billed, (id) => `/v1/transcripts/${id}/status`),
  "list of one": (billed) => read(billed, () => "/v1/transcripts"),
  "search in all, one found": async (billed) => {
    const { id } = await received(billed);
    expect((await ask(billed, "/v1/search?q=the")).text).toContain(id);
  },
  "submission by /v1/listen": async (billed) => {
    const response = await ask(billed, "/v1/listen?model=nova-3", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: "https://audio.test/call.wav" }),
    });
    expect(response.status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    await drain(billed);
  },
  deletion: async (billed) => {
    const { id } = await received(billed);
    const response = await ask(billed, `/v1/transcripts/${id}`, { method: "DELETE" });
    expect(response.status).toBe(204);
    await drain(billed);
  },
  "a minute's sweep, nothing to do": async (billed) => {
    await swept(billed, "* * * * *");
    await drain(billed);
    Object.assign(billed.bill, emptyBill());
    await swept(billed, "* * * * *");
    await drain(billed);
  },
  "a minute's sweep with ALERT_WEBHOOK": async (billed) => {
    billed.env.ALERT_WEBHOOK = inject("sinkUrl");
    await swept(billed, "* * * * *");
    await drain(billed);
    Object.assign(billed.bill, emptyBill());
    await swept(billed, "* * * * *");
    await drain(billed);
  },
  "an hour's sweep, nothing to do": (billed) => swept(billed, "17 * * * *"),
};

async function swept({ env, bill }: BilledEnv, cron: string): Promise<void> {
  invoked(bill, "workerRequests");
  await sweep(cron, env, configOf(env));
}

it.each(Object.entries(SCENARIOS))("costs what the budget says: %s", async (name, play) => {
  const billed = billedEnv({
    ...channels().env,
    SIGNING_KEYS,
    DEEPGRAM_URL: providerWorld(inject("usageUrl")).url,
    DEEPGRAM_API_KEY: "a-deepgram-key",
  });
  await play(billed);
  const bill = positions(billed.bill);
  expect(bill, JSON.stringify(bill)).toEqual(
    budget.operations[name as keyof typeof budget.operations],
  );
});

it.each(Object.entries(budget.streams))("costs what the budget says: %s", async (name, planned) => {
  const way = name.endsWith("POST") ? "POST" : "WebSocket";
  const bills = [];
  for (const { turns } of planned) bills.push({ turns, ...(await billedStream(way, turns)) });
  expect(bills, JSON.stringify(bills)).toEqual(planned);
});
