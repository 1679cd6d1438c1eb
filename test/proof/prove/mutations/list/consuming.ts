import { type Mutation, mutationsOf } from "../mutation.ts";

const PLANNER = "test/integration/follow-ups/planner.test.ts";

/** That a message is acknowledged when its work is done, and comes again when it is not. */
export const CONSUMING: readonly Mutation[] = mutationsOf(
  "src/consumer.ts",
  ["test/integration/follow-ups/consumer.test.ts"],
  [
    {
      breaks: "a callback's message goes only once the catalogue has its row",
      from: 'await timeout(write(planned), inTime, "the catalogue").then(\n    () => true,\n    () => false,\n  );',
      to: "true;\n  write(planned).catch(() => inTime);",
    },
    {
      breaks: "a row that the catalogue refuses does not hold up the others",
      from: "if (!isWritten) await write([one]);",
      to: "if (!isWritten) await write(planned);",
    },
    {
      breaks: "a message whose work failed comes again",
      from: "message.retry({ delaySeconds: backOffSeconds(message.attempts) });",
      to: "message.ack();",
    },
    {
      breaks: "a message whose work failed comes later each time",
      from: "backOffSeconds(message.attempts)",
      to: "backOffSeconds(1)",
    },
    {
      breaks: "an effect that is to be tried again comes again",
      from: "message.retry({ delaySeconds: Math.min(settlement.delaySeconds, MAX_DELAY_SECONDS) });",
      to: "message.ack();",
    },
    {
      breaks: "at most three effects of a batch run at a time",
      from: "const EFFECTS_AT_ONCE = 3;",
      to: "const EFFECTS_AT_ONCE = 10;",
      tests: ["test/integration/follow-ups/connections.test.ts"],
    },
    {
      breaks: "work that hangs keeps no batch",
      from: 'await timeout(work(), ms, "the message")',
      to: "await work()",
      tests: ["test/proof/hostile/platform.test.ts"],
    },
    {
      breaks: "no message is waited for longer than its batch has time",
      from: "const ms = Math.min(most, deadline.msLeft());",
      to: "const ms = most;",
    },
    {
      breaks: "work is not started when its batch has no time left",
      from: 'if (ms <= 0) throw new Error("the batch has taken too long");',
      to: "",
    },
    {
      breaks: "a callback whose effect could not be recorded comes again",
      from: "    await Promise.all(effects);\n",
      to: "",
      tests: [PLANNER],
    },
    {
      breaks: "an effect that ends late is listed",
      from: "ended.slice(listed)",
      to: "[]",
      tests: [PLANNER],
    },
    {
      breaks: "a callback that comes again has its effects run by messages",
      from: "let isOpen = one.message.attempts === 1;",
      to: "let isOpen = true;",
    },
    {
      breaks: "an effect of many has a message",
      from: "isOpen && one.effects.length < EFFECTS_AT_ONCE",
      to: "isOpen",
      tests: [PLANNER],
      survives:
        "the lane has room for three as well; a fourth would run only where one ends while others are planned",
    },
    {
      breaks: "a body that was deleted since it was planned by is not indexed",
      from: " && Date.now() - plannedAt < BODY_FRESH_MS",
      to: "",
      tests: ["test/integration/catalogue/indexing.test.ts"],
    },
    {
      breaks: "what is not of this Worker is kept",
      from: 'await saveUnrecognizedMessage(env.TRANSCRIPTS, message, "not a message of this Worker");',
      to: "",
    },
  ],
);
