import { type Mutation, mutationsOf } from "../mutation.ts";

const RETENTION = "test/integration/operate/retention.test.ts";
const ADMIN = "test/integration/operate/admin.test.ts";
const STATES = "test/integration/read/states.test.ts";

/** Deletion, and what of a record is shown. */
export const FORGETTING: readonly Mutation[] = [
  ...mutationsOf(
    "src/operate/erase-transcript.ts",
    [ADMIN],
    [
      {
        breaks: "what belongs to a transcript is erased with it",
        from: "await eraseAttachments(env.TRANSCRIPTS, grave);",
        to: "",
      },
      {
        breaks: "what was expected is erased",
        from: "await deleteExpectation(env.TRANSCRIPTS, id);",
        to: "",
        tests: ["test/integration/submit/deadline.test.ts"],
      },
      {
        breaks: "it is erased a second time, after consumers that began before",
        from: "await handOver(env, again, { delaySeconds: SECOND_ERASURE_DELAY_SECONDS });",
        to: "",
      },
      {
        breaks: "the request that a job became is erased with the job",
        from: "if (mayBeOfJob(id)) await eraseRequestOfJob(env, id);",
        to: "",
        tests: ["test/integration/submit/expected.test.ts"],
      },
      {
        breaks: "the request that a job became is erased also while its callback is stored",
        from: "await clear(env, known, await leaveTombstone(env, successor, known));",
        to: "await eraseAlone(env, successor);",
        tests: ["test/integration/submit/expected.test.ts"],
      },
      {
        breaks: "a catalogue that is away hinders no deletion",
        from: 'log("warn", "catalogue.unavailable"',
        to: 'throw error;\n    log("warn", "catalogue.unavailable"',
      },
      {
        breaks: "what is expected can be deleted",
        from: "return record === null && expectation === null ? null : { record, expectation };",
        to: "return record === null ? null : { record, expectation };",
        tests: ["test/integration/submit/deadline.test.ts"],
      },
      {
        breaks: "the messages of a stream are erased with it",
        from: 'if (expectation?.state === "live") await liveObjectOf(env, expectation).erase();',
        to: "",
        tests: ["test/integration/live/end.test.ts", "test/integration/live/post.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/store/erase.ts",
    [ADMIN, "test/integration/operate/dead-letters.test.ts"],
    [
      {
        breaks: "dead letters are erased with their transcript",
        from: "[attachmentsPrefix(requestId), deadLettersPrefix(requestId)]",
        to: "[attachmentsPrefix(requestId)]",
      },
      {
        breaks: "a second deletion leaves the time of the first",
        from: 'if (record?.state === "deleted") return record;',
        to: "",
      },
      {
        breaks: "the large body of a record is erased with it",
        from: "if (bodyKey !== null) await removeBody(bucket, bodyKey);",
        to: "",
        tests: ["test/integration/receive/large-bodies.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/read/require-transcript.ts",
    [STATES],
    [
      {
        breaks: "an expected request is not unknown",
        from: "if (open === null) throw unknownTranscript();",
        to: "throw unknownTranscript();",
      },
    ],
  ),
  ...mutationsOf(
    "src/read/raw.ts",
    ["test/integration/read/raw.test.ts"],
    [
      {
        breaks: "the entity tag is that of the bytes",
        from: 'etag: `"${record.sha256}"`,',
        to: 'etag: `"${record.requestId}"`,',
      },
    ],
  ),
  ...mutationsOf(
    "src/read/translation.ts",
    ["test/integration/read/translations.test.ts"],
    [
      {
        breaks: "the entity tag of a translation made again is another one",
        from: "`${record.sha256}.${language}.${entry.generation}`",
        to: "`${record.sha256}.${language}`",
      },
      {
        breaks: "translations into two languages have two entity tags",
        from: "`${record.sha256}.${language}.${entry.generation}`",
        to: "`${record.sha256}.${entry.generation}`",
      },
      {
        breaks: "the translation of the body before is not given for the current one",
        from: 'entry.state === "done" && !isOfBody(entry, record)',
        to: "false",
        tests: ["test/integration/follow-ups/replaced-body.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/operate/retention.ts",
    [RETENTION],
    [
      {
        breaks: "the request that an overdue job became stays as long as others",
        from: "if (isSuperseded || ",
        to: "if (",
      },
      {
        breaks: "nothing is deleted without the message that ends it",
        from: "await env.FOLLOW_UP_QUEUE.sendBatch(",
        to: "void env.FOLLOW_UP_QUEUE.sendBatch(",
      },
      {
        breaks: "a run stays within the limits of an invocation",
        from: "expired.slice(0, MAX_DELETED)",
        to: "expired.slice(0)",
      },
      {
        breaks: "what a run leaves is deleted by the next ones",
        from: 'if (run === "continue" && !(await hasRetentionBacklog(env.CATALOGUE))) return 0;',
        to: 'if (run === "continue") return 0;',
      },
      {
        breaks: "what nobody has deleted is not listed as deleted",
        from: 'return { change: "remove", requestId };',
        to: 'return { change: "erase", requestId, deletedAt: new Date(0).toISOString() };',
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/rebuild.ts",
    ["test/integration/catalogue/rebuild.test.ts"],
    [
      {
        breaks: "a rebuilt catalogue says when something was deleted",
        from: '{ change: "erase", ...record }',
        to: '{ change: "erase", ...record, deletedAt: new Date().toISOString() }',
      },
      {
        breaks: "with SEARCH=off the words that were indexed before go",
        from: "await dropIndexes(env);",
        to: "{}",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/follow-up.ts",
    ["test/integration/follow-ups/consumer.test.ts"],
    [
      {
        breaks: "the catalogue says when something was deleted",
        from: "const { deletedAt, firstReceivedAt } = record;",
        to: "const { firstReceivedAt } = record;\n    const deletedAt = new Date().toISOString();",
      },
    ],
  ),
  ...mutationsOf(
    "src/read/require-transcript.ts",
    ["test/integration/submit/expected.test.ts"],
    [
      {
        breaks: "nobody is led to a request of which nothing is known yet",
        from: "return (await readExpectation(bucket, successor)) === null ? null : successor;",
        to: "return successor;",
      },
    ],
  ),
  ...mutationsOf(
    "src/read/changes.ts",
    ["test/integration/read/events.test.ts"],
    [
      {
        breaks: "the mark of another request hides nothing of this one",
        from: "request === requestId.slice(0, REQUEST_CHARS) ? { ms: Number(ms), name } : null",
        to: "{ ms: Number(ms), name }",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/expired.ts",
    [RETENTION],
    [
      {
        breaks: "what is overdue is awaited as long as its job may be called",
        from: "Math.min(cutoffOf(each), now - AWAITED_MS)",
        to: "cutoffOf(each)",
      },
      {
        breaks: "a tag's retention counts in place of the others'",
        from: "byTag.size === 0",
        to: "byTag.size >= 0",
        tests: ["test/integration/catalogue/expired.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/read/events.ts",
    ["test/integration/read/events.test.ts"],
    [
      {
        breaks: "events written by a clock that is behind are sent after Last-Event-ID too",
        from: "!mayBeAfter(at, since)",
        to: "at.ms <= since.ms",
      },
      {
        breaks: "an event that was sent is not sent again after Last-Event-ID",
        from: "!mayBeAfter(at, since)",
        to: "false",
      },
      {
        breaks: "events are not held back for an earlier Last-Event-ID once they are sent",
        from: "since = null;\n    state(status.state);",
        to: "state(status.state);",
      },
    ],
  ),
];
