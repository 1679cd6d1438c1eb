import { Agent } from "node:http";
import { sized, transcript } from "../bodies.ts";
import { deliver } from "../receiver.ts";
import { accepted, Fault, kept, notKept, refused, type Scenario } from "../scenario.ts";

const RETRIES = "What is not answered 2xx comes again, ten times, 30 s apart.";

/** What comes twice, at once, or in part. */
export const repeating: Scenario[] = [
  {
    name: "again",
    because: `${RETRIES} An answer that is lost makes a copy of what was kept.`,
    known: "inferred",
    page: "",
    run: async (target) => {
      const { id, body } = transcript();
      for (const time of ["first", "second", "third"]) {
        accepted(await deliver(target, { body }), `the ${time} time`);
      }
      await kept(target, { id, body });
    },
  },
  {
    name: "20-copies-at-once",
    because: `${RETRIES} A slow answer and a retry overlap.`,
    known: "inferred",
    page: "",
    run: async (target) => {
      const { id, body } = transcript();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => deliver(target, { body })),
      );
      for (const answer of answers) accepted(answer, "one of them");
      await kept(target, { id, body });
    },
  },
  {
    name: "other-bytes",
    because: "Whether a retry is byte-identical is not promised: what was acknowledged must stay.",
    known: "inferred",
    page: "",
    run: async (target) => {
      const { id, body } = transcript();
      const { body: other } = transcript({ requestId: id, words: 40, seed: 7 });
      accepted(await deliver(target, { body }), "the first");
      accepted(await deliver(target, { body: other }), "the second");
      await kept(target, { id, body });
    },
  },
  {
    name: "broken-off",
    because: `${RETRIES} Half a body is no transcript.`,
    known: "inferred",
    page: "",
    run: async (target) => {
      const { id, body } = sized(300_000);
      await deliver(target, { body, cutAfterBytes: 150_000 });
      await notKept(target, id);
      accepted(await deliver(target, { body }), "the retry");
      await kept(target, { id, body });
    },
  },
  {
    name: "refused-then-reused",
    because: "Connections are used again: an unread body must not spoil the next request.",
    known: "inferred",
    page: "",
    run: async (target) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const large = sized(2_000_000);
        const refusal = await deliver(target, {
          body: large.body,
          credentials: "nobody:wrong",
          agent,
        });
        if (refusal.status !== 0) refused(refusal, "the wrong one");
        const { id, body } = transcript();
        accepted(await deliver(target, { body, agent }), "the next one");
        await kept(target, { id, body });
      } finally {
        agent.destroy();
      }
    },
  },
  {
    name: "no-redirect",
    because: "Nobody has seen Deepgram follow a redirect.",
    known: "inferred",
    page: "",
    run: async (target) => {
      const { status } = await deliver(target, { body: transcript().body });
      if (status >= 300 && status <= 399) throw new Fault(`answered ${status}`);
      accepted({ status, text: "", ms: 0 });
    },
  },
  {
    name: "get-is-no-callback",
    because: "Scanners and link previews GET every URL they see.",
    known: "inferred",
    page: "",
    run: async (target) => refused(await deliver(target, { method: "GET", body: "" })),
  },
];
