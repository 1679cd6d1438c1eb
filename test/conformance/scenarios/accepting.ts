import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { type Sample, sized, transcript, uuidV7 } from "../bodies.ts";
import { deliver, type Sending, type Target } from "../receiver.ts";
import {
  accepted,
  kept,
  keptAtOnce,
  PAGES,
  reading,
  type Scenario,
  wholeAtOnce,
} from "../scenario.ts";

const FORGETS = "Deepgram does not store transcripts: what is not kept here is lost.";

/** Of 88 kB, one after the other: keeping it takes its time, and Express as it comes takes it. */
const ACKNOWLEDGED = { times: 200, spoken: { words: 350, utterances: true, diarize: true } };

/** Delivers a body, then wants to read what was said. */
async function through(target: Target, sample: Sample, how: Partial<Sending> = {}): Promise<void> {
  accepted(await deliver(target, { body: sample.body, ...how }));
  await kept(target, sample);
}

/** Asks for a transcript as soon as the head of its 2xx is there, on a connection that is open. */
async function readOnAcknowledgement(target: Target, agent: Agent): Promise<void> {
  const sample = transcript(ACKNOWLEDGED.spoken);
  let asked: Promise<void> | null = null;
  const onHead = () => {
    asked = wholeAtOnce(target, sample, agent);
    // It is awaited when the answer is there.
    asked.catch(() => {});
  };
  accepted(await deliver(target, { body: sample.body, onHead }));
  await asked;
}

const size = (
  name: string,
  bytes: number,
  source: Pick<Scenario, "because" | "known" | "page">,
): Scenario => ({
  name,
  ...source,
  run: (target) => through(target, sized(bytes)),
});

/** What has to be taken and kept. */
export const accepting: Scenario[] = [
  {
    name: "transcript",
    because: "The finished transcript is POSTed to the callback URL; any 2xx ends its delivery.",
    known: "documented",
    page: PAGES.callback,
    run: async (target) => accepted(await deliver(target, { body: transcript().body })),
  },
  {
    name: "kept-before-2xx",
    because: FORGETS,
    known: "documented",
    page: PAGES.recorded,
    run: async (target) => {
      const agent = new Agent({ keepAlive: true });
      try {
        // Opens the connection on which each transcript is asked for.
        await reading(target, randomUUID(), agent);
        for (let time = 0; time < ACKNOWLEDGED.times; time++) {
          await readOnAcknowledgement(target, agent);
        }
      } finally {
        agent.destroy();
      }
    },
  },
  {
    name: "put",
    because: "With callback_method=put the transcript comes by PUT.",
    known: "documented",
    page: PAGES.callback,
    run: (target) => through(target, transcript(), { method: "PUT" }),
  },
  {
    name: "no-dg-token",
    because: "Since 2026-10-27 dg-token is no way to verify a callback; it may be absent.",
    known: "documented",
    page: PAGES.changelog,
    run: (target) => through(target, transcript(), { headers: { "dg-token": null } }),
  },
  {
    name: "uuid-v7",
    because: "Request ids are UUIDs of any version, since 2026 of version 7.",
    known: "captured",
    page: "",
    run: (target) => through(target, transcript({ requestId: uuidV7(Date.now()) })),
  },
  {
    name: "every-channel",
    because: "With multichannel=true each channel has its own transcript.",
    known: "documented",
    page: PAGES.multichannel,
    run: (target) => through(target, transcript({ channels: 3, words: 60, utterances: true })),
  },
  {
    name: "unknown-fields",
    because: "Fields appear without notice; what is not kept cannot be asked for again.",
    known: "captured",
    page: "",
    run: async (target) => {
      const id = randomUUID();
      const body = `{"metadata":{"request_id":"${id}","novelty":{"a":[1.10,1e2,"\\u00e9"]}},"results":{"channels":[{"alternatives":[{"transcript":"","words":[]}],"hints":[]}]},"later":null}`;
      accepted(await deliver(target, { body }));
      await keptAtOnce(target, { id, body });
    },
  },
  {
    name: "silence",
    because: "Silence is a transcript too: empty, with an empty list of words.",
    known: "captured",
    page: "",
    run: (target) => through(target, transcript({ silence: true })),
  },
  {
    name: "chunked",
    because: "A length was always seen, but none is promised.",
    known: "inferred",
    page: "",
    run: (target) => through(target, transcript(), { isChunked: true }),
  },
  {
    name: "slow-body",
    because: "A body may come in pieces; the time for the answer is about ten seconds.",
    known: "inferred",
    page: "",
    run: (target) => through(target, transcript({ words: 400 }), { pauseMs: 200 }),
  },
  size("150-kB", 150_000, {
    because: "Servers that take 100 kB (Express as it comes) lose longer transcripts: 413.",
    known: "documented",
    page: PAGES.missing,
  }),
  size("1.2-MB", 1_200_000, {
    because: "Servers that take 1 MB (NGINX as it comes) lose longer transcripts: 413.",
    known: "documented",
    page: PAGES.missing,
  }),
  size("20-MB", 20_000_000, {
    because: "An hour of speech was seen to take 1 to 3 MB a channel; nobody promises a limit.",
    known: "inferred",
    page: "",
  }),
  {
    name: "50-at-once",
    because: "Every submission calls back by itself; they come at the same time.",
    known: "inferred",
    page: "",
    run: async (target) => {
      const samples = Array.from({ length: 50 }, () => transcript({ words: 100 }));
      await Promise.all(samples.map((sample) => through(target, sample)));
    },
  },
];
