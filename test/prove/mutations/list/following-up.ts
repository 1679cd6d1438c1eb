import { type Mutation, mutationsOf } from "../mutation.ts";

const LEDGER = "test/follow-ups/ledger.test.ts";
const CONSUMER = "test/follow-ups/consumer.test.ts";
const LETTERS = "test/admin/dead-letters.test.ts";
const PLAN = "test/follow-ups/plan.test.ts";
const OUTBOX = "test/follow-ups/outbox.test.ts";
const CHANNELS = "test/follow-ups/channels.test.ts";
const BACK_OFF = "test/follow-ups/back-off.test.ts";
const FAULTS = "test/receive/faults.test.ts";
const TRANSLATORS = "test/follow-ups/translators.test.ts";

/** That each effect happens once: the ledger, the plan, the outbox, the dead letters. */
export const FOLLOWING_UP: readonly Mutation[] = [
  ...mutationsOf(
    "src/follow-ups/ledger.ts",
    [LEDGER],
    [
      {
        breaks: "an effect is entered once",
        from: "(await write(bucket, id, entry, CREATE_ONLY)) !== null",
        to: "(await write(bucket, id, entry, {})) !== null",
      },
      {
        breaks: "one of many claims an effect",
        from: "await write(bucket, id, mine, { etagMatches: entry.etag })",
        to: "await write(bucket, id, mine, {})",
      },
      {
        breaks: "two claims made on the same state do not both hold",
        from: "const body = crypto.randomUUID();",
        to: 'const body = "";',
      },
      {
        breaks: "what is settled is not tried again",
        from: 'if (entry === null || isSettled(entry)) return { claim: "settled" };',
        to: 'if (entry === null) return { claim: "settled" };',
      },
      {
        breaks: "a message of an earlier generation does nothing",
        from: 'if (entry.generation !== generation) return { claim: "settled" };',
        to: "",
      },
      {
        breaks: "what is being tried is not tried by another",
        from: 'if (waitSeconds > 0) return { claim: "busy", retryInSeconds: waitSeconds };',
        to: "",
      },
      {
        breaks: "what may have happened is not done again on a guess",
        from: 'if (entry.state === "running" && !repeatable) return { claim: "abandoned", entry };',
        to: "",
      },
      {
        breaks: "attempts are counted",
        from: "attempts: entry.attempts + 1,",
        to: "attempts: entry.attempts,",
      },
      {
        breaks: "who lost the lease does not close the entry",
        from: "(await write(bucket, id, closed, { etagMatches: held.etag })) !== null",
        to: "(await write(bucket, id, closed, {})) !== null",
      },
      {
        breaks: "what backs off is not tried before its time",
        from: "notBefore: new Date(now + end.delaySeconds * 1_000).toISOString(),",
        to: "",
      },
      {
        breaks: "attempts are counted anew after a part is done",
        from: "{ progress: end.progress, attempts: 0 }",
        to: "{ progress: end.progress }",
        tests: [TRANSLATORS],
      },
      {
        breaks: "a translation that is done has progress 1",
        from: '...(end.state === "done" && held.progress !== undefined && { progress: 1 }),',
        to: "",
        tests: [TRANSLATORS],
      },
      {
        breaks: "errors are kept in ASCII",
        from: '.replace(/[^\\x20-\\x7e]/g, "?")\n      .slice(0, MAX_ERROR_CHARS)',
        to: ".slice(0, MAX_ERROR_CHARS)",
      },
      {
        breaks: "what is being tried does not begin anew",
        from: 'if (held.state === "running" && secondsUntilFree(held, now) > 0) return null;',
        to: "",
      },
      {
        breaks: "what begins anew has a generation of its own",
        from: "generation: held.generation + 1,",
        to: "generation: held.generation,",
      },
      {
        breaks: "what was done and is wanted again is a new sending",
        from: '(held.state === "done" ? 1 : 0)',
        to: "0",
        tests: [LETTERS],
      },
      {
        breaks: "what was not done keeps its key when it is wanted again",
        from: '(held.state === "done" ? 1 : 0)',
        to: "1",
        tests: [LETTERS],
      },
      {
        breaks: "two who want an effect again begin it once",
        from: "return write(bucket, id, reopened, { etagMatches: held.etag });",
        to: "return write(bucket, id, reopened, {});",
      },
      {
        breaks: "a write that R2 refuses for its rate is made again",
        from: "if (attempt === WRITE_TRIES) throw error;",
        to: "throw error;",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/entry.ts",
    [LEDGER],
    [
      {
        breaks: "whoever died leaves an effect to the next",
        from: "Date.parse(updatedAt) + leaseSeconds * 1_000",
        to: "Number.MAX_SAFE_INTEGER",
      },
      {
        breaks: "a translation has a longer lease",
        from: 'effect.channel === "translate" ? TRANSLATION_LEASE_SECONDS : LEASE_SECONDS',
        to: "LEASE_SECONDS",
      },
      {
        breaks: "what is uncertain is left to a person",
        from: ' || state === "uncertain";',
        to: ";",
        tests: [LETTERS],
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/run-effect.ts",
    [CONSUMER],
    [
      {
        breaks: "nothing is told of a deleted transcript",
        from: "if (subject === null) return ACK;",
        to: "if (subject === null) throw new Error();",
      },
      {
        breaks: "every attempt has the same key",
        from: "keyOf(id, name, claim.entry.timesDone)",
        to: "keyOf(id, name, claim.entry.attempts)",
        tests: [CHANNELS],
      },
      {
        breaks: "whoever waits for a translation is woken when the end of it was not told",
        from: '// The delivery before may have died between the end and the wake.\n      if (effect.channel === "translate") await wakeWaiting(env, id);',
        to: "",
      },
      {
        breaks: "what may have happened is shown as uncertain",
        from: "return settle(env, work, claim.entry, ABANDONED);",
        to: "return ACK;",
      },
      {
        breaks: "what is given up leaves a letter",
        from: "await keepLetter(env.TRANSCRIPTS, work, {\n        state: outcome.result,",
        to: "await (async (..._: unknown[]) => {})(env.TRANSCRIPTS, work, {\n        state: outcome.result,",
        tests: [LETTERS],
      },
      {
        breaks: "a letter goes when its work was done after all",
        from: "if (generation > 0) await dropLetter(env.TRANSCRIPTS, work);",
        to: "",
        tests: [LETTERS],
      },
      {
        breaks: "a receiver's Retry-After is heeded",
        from: "Math.max(asked, backOffSeconds(attempts))",
        to: "backOffSeconds(attempts)",
      },
      {
        breaks: "an attempt that failed comes again",
        from: 'return { settle: "retry", delaySeconds };',
        to: "return ACK;",
      },
      {
        breaks: "a translation goes on in another message",
        from: "await env.FOLLOW_UP_QUEUE.send(work satisfies Message, { delaySeconds: CLOSING_SECONDS });",
        to: "",
        tests: [TRANSLATORS, "test/read/translations.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/perform.ts",
    [CONSUMER, "test/follow-ups/sms.test.ts"],
    [
      {
        breaks: "an SMS is not sent again on a guess",
        from: 'case "sms":\n      return false;',
        to: 'case "sms":\n      return true;',
      },
      {
        breaks: "an e-mail that no key makes repeatable is not sent again on a guess",
        from: 'return email.ok && email.provider === "resend";',
        to: "return true;",
        tests: ["test/follow-ups/email-senders.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/follow-up.ts",
    [CONSUMER],
    [
      {
        breaks: "follow-ups are planned before they are sent",
        from: "await openAll(env.TRANSCRIPTS, id, effects);\n  if",
        to: "if",
      },
      {
        breaks: "what came beside a deleted transcript is erased late",
        from: "await eraseBeside(env.TRANSCRIPTS, id);",
        to: "",
        tests: ["test/admin/admin.test.ts"],
      },
      {
        breaks: "what is sent once is told once",
        from: ".filter((effect) => !known.has(effectName(effect)))",
        to: "",
        tests: [CHANNELS],
      },
      {
        breaks: "more messages are sent than a queue takes at once",
        from: "messages.slice(from, from + BATCH_MESSAGES)",
        to: "messages.slice(from)",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/due.ts",
    [CONSUMER, CHANNELS],
    [
      {
        breaks: "who waits for translations is told after them",
        from: "(translated || !waitsForTranslations(effect))",
        to: "true",
      },
      {
        breaks: "a translation that failed holds nobody up",
        from: 'entry.effect.channel !== "translate" || isSettled(entry)',
        to: 'entry.effect.channel !== "translate" || entry.state === "done"',
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/plan.ts",
    [PLAN],
    [
      {
        breaks: "each effect comes once",
        from: "else if (!effects.has(effectName(data))) effects.set(effectName(data), data);",
        to: "else effects.set(effectName(data) + effects.size, data);",
      },
      {
        breaks: "what failed is not translated",
        from: 'else if (data.channel === "translate" && state === "failed") continue;',
        to: "",
      },
      {
        breaks: "a request asks for a bounded number",
        from: "return asked.slice(0, MAX_ASKED);",
        to: "return asked;",
      },
      {
        breaks: "a directive that is wrong is told",
        from: "if (data === undefined) asked.problems.push(wrong(candidate as Asked));",
        to: "if (data === undefined) continue;",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/outbox.ts",
    [OUTBOX, FAULTS],
    [
      {
        breaks: "what the queue refuses is kept in the outbox",
        from: 'await timeout(marker, deadline.msLeft(), "the outbox marker");',
        to: "marker.catch(() => {});",
      },
      {
        breaks: "a queue that does not answer holds up no answer",
        from: 'await timeout(sent, deadline.msLeft() - MARKER_RESERVE_MS, "the queue");',
        to: "await sent;",
      },
      {
        breaks: "a marker goes only once its message was taken",
        from: "await env.FOLLOW_UP_QUEUE.sendBatch(messages);\n    await env.TRANSCRIPTS.delete(objects.map(({ key }) => key));",
        to: "await env.TRANSCRIPTS.delete(objects.map(({ key }) => key));\n    await env.FOLLOW_UP_QUEUE.sendBatch(messages);",
      },
      {
        breaks: "a marker goes once its message was taken",
        from: "await env.TRANSCRIPTS.delete(objects.map(({ key }) => key));",
        to: "",
      },
      {
        breaks: "a marker that cannot be read holds up no other",
        from: 'parseJson(customMetadata?.message ?? "") ?? null',
        to: 'JSON.parse(customMetadata?.message ?? "")',
      },
      {
        breaks: "what is drained keeps its delay",
        from: "delaySeconds: secondsUntil(customMetadata?.due_at),",
        to: "delaySeconds: 0,",
      },
      {
        breaks: "what is drained is delayed no longer than a queue delays",
        from: "Math.min(Math.max(seconds || 0, 0), MAX_DELAY_SECONDS)",
        to: "Math.max(seconds || 0, 0)",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/back-off.ts",
    [BACK_OFF],
    [
      {
        breaks: "the pause between attempts grows",
        from: "2 ** (attempts - 1)",
        to: "1",
      },
      {
        breaks: "the pause between attempts has an end",
        from: "Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), MAX_DELAY_SECONDS)",
        to: "FIRST_DELAY_SECONDS * 2 ** (attempts - 1)",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/dead-letters.ts",
    [LETTERS],
    [
      {
        breaks: "what is settled, or begun anew, is not buried",
        from: "isSettled(entry) || entry.generation !== generation) return 0;",
        to: "isSettled(entry)) return 0;",
      },
      {
        breaks: "what was done is not buried",
        from: "entry === null || isSettled(entry) ||",
        to: "entry === null ||",
      },
      {
        breaks: "what is being tried is not buried",
        from: "if (waitSeconds > 0) return waitSeconds;",
        to: "",
      },
      {
        breaks: "what may have happened is buried as uncertain",
        from: 'entry.state === "running" && !isRepeatable(work.effect, { config })',
        to: "false",
      },
      {
        breaks: "the ledger says what was given up",
        from: "await closeEffect(bucket, id, entry, end, now);\n  return 0;",
        to: "return 0;",
      },
      {
        breaks: "what waits for a translation does not wait for one that was given up",
        from: "await env.FOLLOW_UP_QUEUE.send(wake);",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/redrive.ts",
    [LETTERS],
    [
      {
        breaks: "what has been done is not redriven",
        from: 'if (entry.state === "done") return skipped("it has been done");',
        to: "",
      },
      {
        breaks: "what may have been done is redriven only when it is named",
        from: '(state === "uncertain" || entry.state === "uncertain") && isOnGuess',
        to: "false",
      },
      {
        breaks: "a dry run changes nothing",
        from: 'if (isDry) return { id, action: "would-redrive", reason: null };',
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/redo.ts",
    ["test/read/translations.test.ts"],
    [
      {
        breaks: "a translation that is wanted again is made anew",
        from: 'effect.channel === "translate" && timesDone > 0',
        to: "false",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/translations.ts",
    ["test/read/translations.test.ts", TRANSLATORS],
    [
      {
        breaks: "a part of a translation that is there stays",
        from: "onlyIf: CREATE_ONLY,\n",
        to: "",
      },
      {
        breaks: "a part of a translation that a deletion overtook does not stay",
        from: 'if ((await headCallback(bucket, id))?.state === "deleted") await bucket.delete(key);',
        to: "",
        tests: ["test/admin/admin.test.ts", CONSUMER],
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/notify/webhook.ts",
    [CHANNELS],
    [
      {
        breaks: "what is told keeps the digest of the audio to itself",
        from: "const { audio_sha256: _, ...facts } = subject.facts;",
        to: "const facts = subject.facts;",
      },
      {
        breaks: "every secret of an endpoint signs",
        from: "endpoint.secrets.map((secret)",
        to: "endpoint.secrets.slice(0, 1).map((secret)",
      },
      {
        breaks: "an endpoint that answers an error is told again",
        from: 'if (ok) return { result: "done" };',
        to: 'return { result: "done" };',
      },
      {
        breaks: "a redirect is not followed",
        from: 'redirect: "manual"',
        to: 'redirect: "follow"',
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/notify/sign-webhook.ts",
    [CHANNELS],
    [
      {
        breaks: "the time of a message is signed",
        from: "`${id}.${timestamp}.${body}`",
        to: "`${id}.${body}`",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/notify/endpoint.ts",
    [CHANNELS, CONSUMER],
    [
      {
        breaks: "an endpoint that is gone is told nothing more",
        from: "disabled !== null && generation === 0",
        to: "false",
      },
    ],
  ),
];
