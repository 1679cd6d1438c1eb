import { type Mutation, mutationsOf } from "../mutation.ts";

const FAULTS = "test/integration/receive/faults.test.ts";
const HOOK = "test/integration/receive/hook.test.ts";
const RATE = "test/integration/receive/rate-limited.test.ts";
const RANK = "test/integration/receive/rank.test.ts";
const LARGE = "test/integration/receive/large-bodies.test.ts";
const ADMIN = "test/integration/operate/admin.test.ts";
const SWEEP = "test/integration/store/sweep-bodies.test.ts";
const DISPLACED = "test/integration/store/displaced-bodies.test.ts";
const MODEL = "test/proof/model/model.test.ts";

/** The record, its versions and its sinks. */
export const STORING: readonly Mutation[] = [
  ...mutationsOf(
    "src/store/callbacks.ts",
    [FAULTS, ADMIN, RANK],
    [
      {
        breaks: "the first body of a request stays",
        from: "put(bucket, callbackKey(requestId), record, content, CREATE_ONLY)",
        to: "put(bucket, callbackKey(requestId), record, content, {})",
      },
      {
        breaks: "after a deletion nothing is stored",
        from: 'return record.state === "deleted" ? "deleted" : { record, etag: object.etag };',
        to: "return { record: record as CallbackRecord, etag: object.etag };",
      },
      {
        breaks: "other bytes are kept beside the first ones",
        from: "if (!(await put(bucket, versionKey(requestId, sha256), record, content, CREATE_ONLY))) {",
        to: "if (content === null) {",
      },
      {
        breaks: "a version that a deletion overtook does not stay",
        from: '    await removeVersions(bucket, requestId);\n    return { outcome: "deleted" };',
        to: '    return { outcome: "deleted" };',
      },
      {
        breaks: "a version that was written before a deletion does not stay",
        from: "if (round > 1) await removeVersions(bucket, requestId);",
        to: "",
      },
      {
        breaks: "the displaced body is kept before another one takes its place",
        from: "return isKept === true && (await write(onlyIf));",
        to: "return write(onlyIf);",
        tests: [DISPLACED],
      },
      {
        breaks: "only the body that was read is displaced",
        from: "const onlyIf = { etagMatches: etag };",
        to: "const onlyIf = {};",
      },
      {
        breaks: "a large body that is there needs no reference",
        from: '"streamed" in content && (await headCallback(bucket, requestId)) !== null',
        to: "false",
        tests: [LARGE],
      },
      {
        breaks: "a version that was removed meanwhile is written again",
        from: "if (there === null) return false;",
        to: "if (there === null) return true;",
        tests: [DISPLACED],
      },
      {
        breaks: "another upload of a version's bytes goes once it is displaced",
        from: "if (body !== null && there.customMetadata?.body !== body) {",
        to: "if (body === sha256) {",
        tests: [DISPLACED],
      },
    ],
  ),
  ...mutationsOf(
    "src/store/rank.ts",
    [RANK, "test/integration/store/rank.test.ts"],
    [
      {
        breaks: "a transcript takes the place of a failure",
        from: 'incoming.state === "received" ? "supersedes" : "other"',
        to: '"other"',
      },
      {
        breaks: "a failure takes the place of no transcript",
        from: 'incoming.state === "received" ? "supersedes" : "other"',
        to: '"supersedes"',
      },
      {
        breaks: "a document of an earlier stream of the same name is another transcript",
        from: "one.startedAt === other.startedAt",
        to: "true",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/promote.ts",
    ["test/integration/operate/promote.test.ts"],
    [
      {
        breaks: "a promotion only displaces the body that was read",
        from: "        onlyIf,\n",
        to: "        onlyIf: {},\n",
      },
      {
        breaks: "a promotion to a body and back is seen",
        from: "body === undefined\n        ? await uploadCopy(bucket, version)",
        to: "body === undefined\n        ? { held: new Uint8Array(await version.arrayBuffer()) }",
      },
      {
        breaks: "what was copied for a promotion that did not come to be goes",
        from: "if (!isReplaced && body === undefined) await discard(bucket, content);",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/catalogue.ts",
    ["test/integration/operate/promote.test.ts"],
    [
      {
        breaks: "a consumer that read the record before a promotion does not put it back",
        from: "\n  WHERE transcripts.revision <= excluded.revision",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/bucket.ts",
    [RANK],
    [
      {
        breaks: "a write that came too soon after another one is repeated",
        from: "if (attempt === RATE_LIMITED_TRIES) throw error;",
        to: "throw error;",
        tests: [RATE],
      },
      {
        breaks: "a write that came too soon is not repeated where another one has decided it",
        from: "if (await isDecided()) return null;",
        to: "",
        tests: [RATE],
      },
      {
        breaks: "an overwrite that came too soon is not given up while its condition holds",
        from: "object?.etag !== onlyIf.etagMatches",
        to: "object !== null",
        tests: [RATE],
      },
    ],
  ),
  ...mutationsOf(
    "src/store/erase.ts",
    [RANK],
    [
      {
        breaks: "a tombstone is not taken for a failure without a body",
        from: "`deleted ${crypto.randomUUID()}`",
        to: '""',
      },
    ],
  ),
  ...mutationsOf(
    "src/store/quarantine.ts",
    [ADMIN, HOOK],
    [
      {
        breaks: "what is in quarantine is kept once, as it came first",
        from: "onlyIf: CREATE_ONLY,\n",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/record.ts",
    ["test/integration/store/record.test.ts"],
    [
      {
        breaks: "facts that are too long hinder no storing",
        from: "json.length <= MAX_FACTS_BYTES && ",
        to: "",
      },
      {
        breaks: "metadata is ASCII",
        from: "/[^\\x20-\\x7e]/g",
        to: "/[\\x00-\\x1f]/g",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/content.ts",
    ["test/integration/store/open-body.test.ts"],
    [
      {
        breaks: "ranges of two bodies are not put together",
        from: "{ ...options, onlyIf: { etagMatches: etag } }",
        to: "options",
      },
      {
        breaks: "a read continues in the version that a displaced body became",
        from: "return version === key ? null : bucket.get(version, options);",
        to: "return null;",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/upload-body.ts",
    [LARGE],
    [
      {
        breaks: "other bytes than were sent are not kept",
        from: "stored && hex(stored) === hex(sent)",
        to: "stored",
      },
      {
        breaks: "nothing comes to be of a body before it is committed",
        from: "if (last.length > 0) await step(writer.write(last));\n      last = chunk;",
        to: "await step(writer.write(chunk));",
        survives:
          "the local R2 stores nothing of a stream that is aborted, even behind its last byte; whether R2 does too is not known.",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/upload-body.ts",
    [LARGE],
    [
      {
        breaks: "the last part of an upload is sent",
        from: "if (filled > 0) await flush();",
        to: "",
      },
      {
        breaks: "an upload that is given up leaves nothing",
        from: 'await timeout(upload.abort(), ABORT_TIMEOUT_MS, "giving up");',
        to: "",
        tests: [FAULTS],
      },
    ],
  ),
  ...mutationsOf(
    "src/store/content.ts",
    [LARGE],
    [
      {
        breaks: "what was broken on its way into the store is not kept",
        from: "const options = { onlyIf, sha256, httpMetadata, customMetadata };",
        to: "const options = { onlyIf, httpMetadata, customMetadata };",
        tests: [FAULTS],
      },
      {
        breaks: "a record whose write nobody heard of keeps its body",
        from: "if (await names(bucket, key, streamed)) return true;\n    throw error;",
        to: "await removeBody(bucket, streamed.key);\n    throw error;",
      },
      {
        breaks: "a delivery that took too long names no body",
        from: "Date.now() - streamed.startedAt > MAX_DELIVERY_MS",
        to: "Date.now() < streamed.startedAt",
      },
      {
        breaks: "a promotion of a large body and back is seen",
        from: ", write: crypto.randomUUID() }",
        to: " }",
        tests: ["test/integration/operate/promote.test.ts"],
      },
      {
        breaks: "a large body has its reference before its record",
        from: "await putReference(bucket, streamed.key, owner, sha256);",
        to: "",
      },
      {
        breaks: "nothing is left of an upload that is not needed",
        from: 'if ("streamed" in content) await removeBody(bucket, content.streamed.key);',
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/sweep-bodies.ts",
    [SWEEP],
    [
      {
        breaks: "a body that a delivery is still at work with stays",
        from: "before.after, bodiesOfHour(dueUntil)",
        to: "before.after, bodiesOfHour(now + HOUR_MS)",
      },
      {
        breaks: "what a version or a quarantine entry names stays",
        from: "[owner, ...others, ...checks, owner]",
        to: "[owner, ...checks, owner]",
      },
      {
        breaks: "a body that was displaced lately stays",
        from: "[owner, ...others, ...checks, owner]",
        to: "[owner, ...others, owner]",
      },
      {
        breaks: "a body that nothing names goes",
        from: "return null;\n  }\n  return garbage;",
        to: "return null;\n  }\n  return null;",
      },
      {
        breaks: "the body of a deleted request goes",
        from: 'metadata?.state === "deleted"',
        to: 'metadata?.state === "never"',
      },
      {
        breaks: "each body is looked at once",
        from: "startAfter: after,",
        to: "startAfter: BODIES_PREFIX,",
      },
      {
        breaks: "what one run does not reach is left to the next ones",
        from: "reached.isDone = isAll && page.isLast && checks.isDone;",
        to: "reached.isDone = true;",
      },
      {
        breaks: "a run stays within the limits of an invocation",
        from: "const mayGoOn = () => heads < MAX_HEADS[run];",
        to: "const mayGoOn = () => true;",
      },
      {
        breaks: "the sweeper says when it does not keep up",
        from: "Math.floor((dueUntil - hourOf(next.body)) / HOUR_MS)",
        to: "1",
      },
      {
        breaks: "a reference without its body goes",
        from: "...garbage, ...missing.map(bodyRefKey)",
        to: "...garbage",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/rank.ts",
    [SWEEP],
    [
      {
        breaks: "a displaced body is looked at once more",
        file: "src/store/sweep-bodies.ts",
        from: "await note(check, owned);",
        to: "",
      },
      {
        breaks: "an erasure finds a displaced body",
        file: "src/store/sweep-bodies.ts",
        from: "if (requestId !== null) await note(",
        to: "if (requestId === null) await note(body as never, {}); else void (",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/promote.ts",
    [DISPLACED],
    [
      {
        breaks: "the body of an earlier document goes at last",
        from: "if (body !== null) await noteDisplaced(",
        to: "if (body === sha256) await noteDisplaced(",
      },
      {
        breaks: "nothing is removed for a document that is not the current one any more",
        from: "if (current?.etag !== record.etag) return;",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/bucket.ts",
    ["test/integration/operate/admin.test.ts", MODEL],
    [
      {
        breaks: "more is removed than R2 deletes at once",
        from: "for (let from = 0; from < keys.length; from += MAX_KEYS) {",
        to: "for (let from = 0; from < Math.min(keys.length, 1); from += MAX_KEYS) {",
      },
    ],
  ),
];
