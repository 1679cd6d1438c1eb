import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { expect, it } from "vitest";
import { newJob } from "../../../src/auth/job-credentials.ts";
import { type ScriptOptions, streamScript } from "../../fake-deepgram/stream-script.ts";
import { storedText } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { alarmAfter, keptKinds, post, statusOf } from "./stream.ts";

const RUNS = 12;

const options = fc.record({
  seed: fc.integer({ min: 1, max: 1_000 }),
  channels: fc.integer({ min: 1, max: 3 }),
  turns: fc.integer({ min: 1, max: 4 }),
  hasOverlaps: fc.boolean(),
});

/** What happens: a message of the script by its place (0 to 1), a restart, or so many seconds pass. */
const chances = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom("evict" as const, "kill" as const) },
    {
      weight: 2,
      arbitrary: fc.record({ seconds: fc.constantFrom(1, 5, 40, 290, 301, 1_000) }),
    },
  ),
  { minLength: 5, maxLength: 60 },
);

type Deed = number | "evict" | "kill" | { seconds: number };

type How = ScriptOptions & { hasOverlaps: boolean };

/** The messages of a script; some audio is in two finals if that is asked for. */
function messagesOf({ hasOverlaps, ...options }: How, requestId: string): object[] {
  const messages = streamScript({ ...options, requestId }).messages.map(({ message }) => message);
  if (!hasOverlaps) return messages;
  const overlapping = messages
    .filter((message, place) => message.is_final === true && place % 3 === 0)
    .map((final) => ({ ...final, start: Number(final.start) + 0.5, speech_final: true }));
  return [...messages, ...overlapping];
}

/** The current document of a script delivered in an order, its id put out of the way. */
async function document(how: How, order: (count: number) => Deed[]): Promise<string | undefined> {
  const requestId = crypto.randomUUID();
  const messages = messagesOf(how, requestId);
  const job = newJob("x", Date.now());
  for (const deed of order(messages.length)) {
    if (deed === "evict") await evictAllDurableObjects();
    else if (deed === "kill") await abortAllDurableObjects();
    else if (typeof deed === "object") await alarmAfter(job, deed.seconds);
    else {
      const response = await post(messages[deed], { path: `/hook/${job}` });
      expect(response.status).toBe(200);
    }
  }
  // What lost its memory doubts a silence once; what is late comes after it.
  for (const seconds of [40, 400]) await alarmAfter(job, seconds);
  const status = await statusOf(requestId);
  expect(status, JSON.stringify(await keptKinds(job))).toMatchObject({
    state: "received",
    conflicts: [],
  });
  return (await storedText(`callbacks/${requestId}`))?.replaceAll(requestId, "ID");
}

const shuffled = (list: number[], seed: number): number[] =>
  list
    .map((place, index) => ({ place, key: Math.sin(seed * 1_000 + index * 7.13) * 1e4 }))
    .sort((one, other) => (one.key % 1) - (other.key % 1))
    .map(({ place }) => place);

it("whatever the order, the delays, the repetitions and the restarts, the document is the same", async () => {
  await fc.assert(
    fc.asyncProperty(options, chances, fc.nat(1_000), async (how, deeds, seed) => {
      const orderly = await document(how, (count) => [...Array(count).keys()]);
      const random = await document(how, (count) => {
        const extra = deeds.map((deed) =>
          typeof deed === "number" ? Math.floor(deed * count) : deed,
        );
        const every = shuffled([...Array(count).keys()], seed);
        return [...extra, ...every.flatMap((place, at) => [place, ...extra.slice(at, at + 1)])];
      });
      expect(random).toBe(orderly);
    }),
    { numRuns: RUNS },
  );
}, 120_000);
