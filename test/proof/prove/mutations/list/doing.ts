import { type Mutation, mutationsOf } from "../mutation.ts";

const EFFECT_MESSAGE = "test/integration/follow-ups/effect-message.test.ts";
const DEAD_LETTERS = "test/integration/operate/dead-letters.test.ts";
const CHANNELS = "test/integration/follow-ups/channels.test.ts";

/** One attempt at an effect, and how its receiver is notified. */
export const DOING: readonly Mutation[] = [
  ...mutationsOf(
    "src/follow-ups/run-effect.ts",
    [EFFECT_MESSAGE],
    [
      {
        breaks: "no notification of a deleted transcript is sent",
        from: "if (subject === null) return { settlement: ACK, ended: null };",
        to: "if (subject === null) throw new Error();",
      },
      {
        breaks: "every attempt has the same key",
        from: "keyOf(id, effectName(effect), entry.timesDone)",
        to: "keyOf(id, effectName(effect), entry.attempts)",
        tests: [CHANNELS],
      },
      {
        breaks:
          "a notification that waits for a translation is sent when the end of it was not recorded",
        from: 'restoreDeadLetter(env.TRANSCRIPTS, work, claim.ended);\n      if (effect.channel === "translate") await wakeWaiting(env, id);',
        to: "restoreDeadLetter(env.TRANSCRIPTS, work, claim.ended);",
        tests: [CHANNELS],
      },
      {
        breaks: "what may have happened is shown as uncertain",
        from: "return recordOutcome(job, claim.entry, ABANDONED);",
        to: "return ACK;",
        tests: [CHANNELS],
      },
      {
        breaks: "work that is given up leaves a dead letter",
        file: "src/follow-ups/record-outcome.ts",
        from: "await saveDeadLetter(env.TRANSCRIPTS, work, {\n        state: outcome.result,",
        to: "await (async (..._: unknown[]) => {})(env.TRANSCRIPTS, work, {\n        state: outcome.result,",
        tests: [DEAD_LETTERS],
      },
      {
        breaks: "what is done is entered as done",
        file: "src/follow-ups/record-outcome.ts",
        from: `await close(env, entry, work, {
        state: "done",`,
        to: `void ({
        state: "done",`,
      },
      {
        breaks: "what failed for now is entered as such",
        file: "src/follow-ups/record-outcome.ts",
        from: 'await close(env, entry, work, { state: "retrying", error, delaySeconds, isUnknown, status });',
        to: "",
      },
      {
        breaks: "what is given up is entered as such",
        file: "src/follow-ups/record-outcome.ts",
        from: `await close(env, entry, work, {
        state: outcome.result,`,
        to: `void ({
        state: outcome.result,`,
      },
      {
        breaks: "a dead letter is deleted when its work was done after all",
        file: "src/follow-ups/record-outcome.ts",
        from: "to look at: this work is done.\n      await deleteDeadLetter(env.TRANSCRIPTS, work);",
        to: "",
        tests: [DEAD_LETTERS],
      },
      {
        breaks: "a receiver's Retry-After is heeded",
        file: "src/follow-ups/record-outcome.ts",
        from: "Math.max(asked, backOffSeconds(attempts))",
        to: "backOffSeconds(attempts)",
      },
      {
        breaks: "an attempt that failed comes again",
        file: "src/follow-ups/record-outcome.ts",
        from: 'return { settle: "retry", delaySeconds };',
        to: "return ACK;",
      },
      {
        breaks: "a translation continues in another message",
        file: "src/follow-ups/record-outcome.ts",
        from: "await env.FOLLOW_UP_QUEUE.send(work satisfies Message, { delaySeconds: CLOSING_SECONDS });",
        to: "",
        tests: ["test/integration/read/translations.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/run-effect.ts",
    [CHANNELS],
    [
      {
        breaks: "an SMS is not sent again on a guess",
        from: 'case "sms":\n      return 0;',
        to: 'case "sms":\n      return Number.POSITIVE_INFINITY;',
      },
      {
        breaks: "an e-mail that no key makes repeatable is not sent again on a guess",
        from: 'email.ok && email.provider === "resend" ? RESEND_REPEATABLE_MS : 0',
        to: "RESEND_REPEATABLE_MS",
      },
      {
        breaks: "an e-mail is not sent again once Resend has forgotten its key",
        from: "const RESEND_REPEATABLE_MS = 82_800_000;",
        to: "const RESEND_REPEATABLE_MS = Number.POSITIVE_INFINITY;",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/notify/webhook.ts",
    [EFFECT_MESSAGE],
    [
      {
        breaks: "a notification does not have the digest of the audio",
        from: "const { audio_sha256: _, ...facts } = subject.facts;",
        to: "const facts = subject.facts;",
      },
      {
        breaks: "every secret of an endpoint signs",
        from: "endpoint.secrets.map((secret)",
        to: "endpoint.secrets.slice(0, 1).map((secret)",
      },
      {
        breaks: "an endpoint that answers an error is notified again",
        from: "if (status < 200 || status >= 300) {",
        to: "if (status < 200) {",
      },
      {
        breaks: "a redirect is not followed",
        file: "src/follow-ups/channel.ts",
        from: 'redirect: "manual"',
        to: 'redirect: "follow"',
      },
    ],
  ),
  ...mutationsOf(
    "src/config/webhook-endpoints.ts",
    [EFFECT_MESSAGE],
    [
      {
        breaks: "the time of a message is signed",
        file: "src/follow-ups/notify/webhook.ts",
        from: "`${id}.${timestamp}.${body}`",
        to: "`${id}.${body}`",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/notify/webhook.ts",
    [CHANNELS, EFFECT_MESSAGE],
    [
      {
        breaks: "an endpoint that is gone is notified no more",
        from: "disabled !== null && generation === 0",
        to: "false",
      },
    ],
  ),
];
