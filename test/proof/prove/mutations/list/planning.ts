import { type Mutation, mutationsOf } from "../mutation.ts";

const CONSUMER = "test/integration/follow-ups/consumer.test.ts";
const PLAN = "test/integration/follow-ups/plan.test.ts";
const PLANNER = "test/integration/follow-ups/planner.test.ts";
const OUTBOX = "test/integration/follow-ups/outbox.test.ts";
const CHANNELS = "test/integration/follow-ups/channels.test.ts";
const BACK_OFF = "test/integration/follow-ups/back-off.test.ts";
const SUCCESSION = "test/integration/follow-ups/replaced-body.test.ts";
const FAULTS = "test/integration/receive/faults.test.ts";

/** What follows a callback, and that nothing of it is lost on its way. */
export const PLANNING: readonly Mutation[] = [
  ...mutationsOf(
    "src/follow-ups/follow-up.ts",
    [CONSUMER],
    [
      {
        breaks: "follow-ups are planned before they are sent",
        from: "const opened = await openAll(env, subject, effects, isRunning ? runner : null);",
        to: "const opened: Held[] = [];",
      },
      {
        breaks: "what came beside a deleted transcript is erased late",
        from: "await eraseAttachments(env.TRANSCRIPTS, record);",
        to: "",
        tests: ["test/integration/operate/admin.test.ts"],
      },
      {
        breaks: "a message that was sent is sent once",
        from: ".filter((effect) => !known.has(effectName(effect)))",
        to: "",
        tests: [CHANNELS],
      },
      {
        breaks: "a callback that comes again sends all that is not done",
        from: 'sendDue(env, id, "all", ',
        to: 'sendDue(env, id, "queued", ',
      },
      {
        breaks: "a ledger in which only new entries are is not listed",
        from: "!isSuccessor && !effects.some",
        to: "false && !effects.some",
        tests: ["test/proof/cost/cost.test.ts"],
      },
      {
        breaks: "what the planner runs has no message beside it",
        from: '({ state, etag }) => state !== "running" || !own.has(etag),',
        to: "() => true,",
        tests: [PLANNER],
      },
      {
        breaks: "an effect that the planner runs is opened and claimed in one write",
        from: "const open = runs === null ? openEntry : openClaimed;",
        to: "const open = openEntry;",
        tests: [PLANNER],
      },
      {
        breaks: "more messages are sent than a queue takes at once",
        from: "messages.slice(from, from + BATCH_MESSAGES)",
        to: "messages.slice(from)",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/replaced-body.ts",
    [SUCCESSION],
    [
      {
        breaks: "a displaced state is not notified",
        from: "return effect.event !== `transcript.${record.state}`;",
        to: "return false;",
      },
      {
        breaks: "everyone notified of a failure is notified of the transcript",
        from: "const ofState = notices.map((each) => effect.parse({ ...each, event: `transcript.${state}` }));",
        to: "const ofState: Effect[] = [];",
      },
      {
        breaks: "people are not written to once more",
        from: 'channel === "webhook" ? to : []',
        to: "to",
      },
      {
        breaks: "what was cancelled and is wanted again begins anew",
        from: 'entry.state === "cancelled" ||\n      isStale(entry, record) ||',
        to: "isStale(entry, record) ||",
      },
      {
        breaks: "a translation of the body before is made anew",
        from: "      isStale(entry, record) ||\n",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/follow-up.ts",
    [CONSUMER, CHANNELS],
    [
      {
        breaks: "a notification that waits for translations comes after them",
        from: " && (translated || !waitsForTranslations(entry.effect))",
        to: "",
      },
      {
        breaks: "an effect whose message was lost continues",
        from: '(wanted === "all" && isOpen(entry))',
        to: "false",
      },
      {
        breaks: "the end of a translation sends nothing again that is being tried",
        from: 'wanted === "all" && isOpen(entry)',
        to: "isOpen(entry)",
      },
      {
        breaks: "the message of what is held or backs off comes when it may be claimed",
        from: "...(delaySeconds > 0 && { delaySeconds })",
        to: "",
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
        from: 'else if (data.channel === "translate" && kind !== "transcript") continue;',
        to: "",
      },
      {
        breaks: "a request may have nothing configured follow",
        from: "asked.isAlone ? NOTHING : followUps",
        to: "followUps",
      },
      {
        breaks: "a request asks for a bounded number",
        from: "return asked.slice(0, MAX_ASKED);",
        to: "return asked;",
      },
      {
        breaks: "a wrong directive is reported",
        from: "if (data === undefined) asked.problems.push(wrong(candidate as Asked));",
        to: "if (data === undefined) continue;",
      },
    ],
  ),
  ...mutationsOf(
    "src/queue/messages.ts",
    [OUTBOX, FAULTS],
    [
      {
        breaks: "what the queue refuses is kept in the outbox",
        from: 'await steps.run(putMarker(env.TRANSCRIPTS, work, dueAt), 0, "the outbox marker");',
        to: "",
      },
      {
        breaks: "a queue that does not answer holds up no answer",
        from: 'await steps.run(sent, MARKER_RESERVE_MS, "the queue");',
        to: "await sent;",
      },
      {
        breaks: "a marker goes only once its message was taken",
        from: "await env.FOLLOW_UP_QUEUE.sendBatch(messages);\n    await deleteMarkers(env.TRANSCRIPTS, markers);",
        to: "await deleteMarkers(env.TRANSCRIPTS, markers);\n    await env.FOLLOW_UP_QUEUE.sendBatch(messages);",
      },
      {
        breaks: "a marker goes once its message was taken",
        from: "await deleteMarkers(env.TRANSCRIPTS, markers);",
        to: "",
      },
      {
        breaks: "a marker that cannot be read holds up no other",
        file: "src/store/outbox.ts",
        from: 'parseJson(customMetadata?.message ?? "") ?? null',
        to: 'JSON.parse(customMetadata?.message ?? "")',
      },
      {
        breaks: "what is drained keeps its delay",
        from: "delaySeconds: secondsUntil(dueAt),",
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
    "src/queue/messages.ts",
    [BACK_OFF],
    [
      {
        breaks: "the pause between attempts grows",
        from: "2 ** (attempts - 1)",
        to: "1",
      },
      {
        breaks: "the pause between attempts has an end",
        from: "Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), MAX_BACK_OFF_SECONDS)",
        to: "FIRST_DELAY_SECONDS * 2 ** (attempts - 1)",
      },
    ],
  ),
];
