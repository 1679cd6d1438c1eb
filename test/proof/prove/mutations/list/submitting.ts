import { type Mutation, mutationsOf } from "../mutation.ts";

const JOB = "test/unit/auth/job-credentials.test.ts";
const JOB_HOOK = "test/integration/receive/job-hook.test.ts";
const EXPECTED = "test/integration/submit/expected.test.ts";
const DEADLINE = "test/integration/submit/deadline.test.ts";
const IDEMPOTENCY = "test/integration/submit/idempotency.test.ts";
const RESUBMIT = "test/integration/submit/resubmit.test.ts";
const OWNERS = "test/integration/auth/owners.test.ts";

/** Jobs, what is expected, and what becomes of it. */
export const SUBMITTING: readonly Mutation[] = [
  ...mutationsOf(
    "src/store/submissions.ts",
    [IDEMPOTENCY],
    [
      {
        breaks: "another request under a key is refused",
        from: 'if ((known.request ?? request) !== request) return { state: "other-request" };',
        to: "",
      },
      {
        breaks: "a claim holds while Deepgram may still accept",
        from: "const TAKEOVER_MS = 900_000;",
        to: "const TAKEOVER_MS = 600_000;",
      },
      {
        breaks: "a takeover submits nothing that Deepgram may have accepted",
        from: "if (known.job !== undefined && mayBeAccepted) {",
        to: "if (known.job !== undefined && requestId !== null) {",
      },
      {
        breaks: "a claim is taken over once",
        from: "(await claim({ etagMatches: earlier.etag })) !== null;",
        to: "(await claim({})) !== null;",
      },
      {
        breaks: "a takeover is answered with what the job became",
        from: "boundRequest(bucket, known.job)",
        to: "Promise.resolve(null)",
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/idempotent-submission.ts",
    [IDEMPOTENCY],
    [
      {
        breaks: "other audio under a key is refused",
        from: "return hex(await digest.digest) === audioSha256;",
        to: "return true;",
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/listen.ts",
    [IDEMPOTENCY],
    [
      {
        breaks: "no parameter of the caller's is taken for the callback",
        from: "if ([...query.keys()].some(isCallback)) {",
        to: 'if (query.has("callback")) {',
      },
      {
        breaks: "a key belongs to one token, not to all of its name",
        from: "submitOnce(submitting, request, tokenId, key)",
        to: "submitOnce(submitting, request, caller.name, key)",
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/submission.ts",
    [IDEMPOTENCY],
    [
      {
        breaks: "audio is recorded as sent before its last part goes out",
        from: "    await beforeLastPart?.(hex(await digest.digest));\n    if (last !== null) await writer.write(last);\n    await writer.close();",
        to: "    if (last !== null) await writer.write(last);\n    await writer.close();\n    await beforeLastPart?.(hex(await digest.digest));",
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/job-credentials.ts",
    [JOB],
    [
      {
        breaks: "a code is that of its job",
        from: "matches.includes(true) && jobEndsAt",
        to: "jobEndsAt",
      },
      {
        breaks: "a code ends",
        from: " && jobEndsAt(job) > now",
        to: "",
      },
      {
        breaks: "a code made with an earlier key holds",
        from: "signingKeys.map((key) => jobCode(job, key))",
        to: "signingKeys.slice(0, 1).map((key) => jobCode(job, key))",
      },
      {
        breaks: "the end of a code is signed",
        from: "encoder.encode(`callback ${job}`)",
        to: "encoder.encode(`callback ${job.slice(0, 22)}`)",
      },
      {
        breaks: "what is no job has no code",
        from: "if (jobKind(job) === null) return false;",
        to: "",
        survives: "equivalent: an id that is no job ends at 0, which has passed",
      },
      {
        breaks: "a code outlives Deepgram's longest work and its retries",
        from: "const JOB_VALID_SECONDS = 259_200;",
        to: "const JOB_VALID_SECONDS = 3_600;",
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/expect-callback.ts",
    [DEADLINE, JOB_HOOK, EXPECTED],
    [
      {
        breaks: "a request that is expected is looked for",
        from: "await watch(env, requestId, deadlineSeconds);",
        to: "",
      },
      {
        breaks: "a look-up is delayed no longer than a queue delays",
        from: "Math.min(Math.ceil(seconds), MAX_DELAY_SECONDS)",
        to: "Math.ceil(seconds)",
      },
      {
        breaks: "a catalogue that is away hinders no submission",
        from: 'log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),',
        to: "{\n        throw error;\n      },",
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/check-deadline.ts",
    [DEADLINE],
    [
      {
        breaks: "a job that has become a request is not listed as deleted",
        from: '{ change: "remove", requestId: id }',
        to: '{ change: "erase", requestId: id, deletedAt: new Date(0).toISOString() }',
      },
      {
        breaks: "what has come is not overdue",
        from: "if (record !== null) return followUpIfUnknown(env, record);",
        to: "",
      },
      {
        breaks: "a callback stored while the queue was down is followed up at its deadline",
        from: 'await handOver(env, { type: "callback", request_id: record.requestId });',
        to: "",
      },
      {
        breaks: "what was followed up is not handed over again at its deadline",
        from: " || (await knowsCallback(env.CATALOGUE, record))",
        to: "",
      },
      {
        breaks: "a successor of which only the id is known has a deadline",
        from: "await expectCallback(env, { requestId, job: null, tokenId, deadlineSeconds, details }, now);",
        to: "",
      },
      {
        breaks: "what is live is not overdue",
        from: 'if (open === null || open.expectation.state === "live") return;',
        to: "if (open === null) return;",
      },
      {
        breaks: "what has a successor is not overdue itself",
        from: 'if (expectation.state === "expected" && expectation.successor !== null) {',
        to: "if (false) {",
        tests: [JOB_HOOK, EXPECTED],
      },
      {
        breaks: "nothing is overdue before its deadline",
        from: "if (msLeft > 0) return watch(env, id, msLeft / 1_000);",
        to: "",
      },
      {
        breaks: "what Deepgram works on is given time",
        from: 'if (verdict.verdict === "running" && isYoung(expectation, now)) {',
        to: "if (false) {",
      },
      {
        breaks: "what Deepgram works on is not given time for ever",
        from: 'if (verdict.verdict === "running" && isYoung(expectation, now)) {',
        to: 'if (verdict.verdict === "running") {',
      },
      {
        breaks: "an overdue request is notified",
        from: "await report(env, config, expectation);",
        to: "",
      },
      {
        breaks: "that it is overdue is kept",
        from: "await replaceExpectation(env.TRANSCRIPTS, open, ended);",
        to: "",
      },
      {
        breaks: "what was submitted again is not submitted a third time",
        from: 'expectation.state === "overdue" && source !== null && isFirst) {',
        to: 'expectation.state === "overdue" && source !== null) {',
        tests: [RESUBMIT],
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/resubmit.ts",
    [RESUBMIT],
    [
      {
        breaks: "the job of a resubmission is bound to its request",
        from: "await bindJob(env.TRANSCRIPTS, created.job, requestId);",
        to: "",
      },
      {
        breaks: "a request that is submitted again stays with its token",
        from: "await ownerTagOf(expectation)",
        to: "null",
        tests: [OWNERS],
      },
      {
        breaks: "an overdue request in whose place another was found is no alarm any more",
        from: "if (successor !== null) await link(env, overdue, successor);",
        to: "if (successor !== null) await linkExpectation(env.TRANSCRIPTS, overdue, successor);",
      },
      {
        breaks: "an overdue request is submitted again once",
        file: "src/store/submissions.ts",
        from: "onlyIf: CREATE_ONLY, customMetadata: { job }",
        to: "customMetadata: { job }",
      },
      {
        breaks: "a resubmission that was not linked is linked by the next attempt",
        from: "await endLink(env, overdue, by);",
        to: "",
      },
      {
        breaks: "reads of an overdue request redirect to its replacement",
        from: "await linkExpectation(env.TRANSCRIPTS, overdue, successor);",
        to: "",
      },
      {
        breaks: "a refusal gives the claim of a person back",
        from: 'if (resubmitted.outcome === "refused") await releaseResubmission(bucket, id, "person");',
        to: "",
        tests: ["test/integration/pages/list.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/job-credentials.ts",
    [JOB, JOB_HOOK, EXPECTED],
    [
      {
        breaks: "the id that stands in for Deepgram's is a UUID of version 8",
        from: "`${time}-${mid}-8${rest}-8${clock}-${node}`",
        to: "`${time}-${mid}-4${rest}-8${clock}-${node}`",
      },
    ],
  ),
  ...mutationsOf(
    "src/submit/expected.ts",
    [DEADLINE, JOB_HOOK, EXPECTED],
    [
      {
        breaks: "what was deleted cannot be expected",
        from: "throw deletedTranscript(found.record);",
        to: "return bound(bucket, { requestId, job: newJob('s', now, tag), deadlineAt: deadlineOf(asking) });",
      },
      {
        breaks: "a token has no job for a request whose callback is stored",
        from: "if (!isAdmin(caller)) throw alreadyReceived(requestId, found.record.state);",
        to: "",
        tests: [OWNERS],
      },
      {
        breaks: "a token has no job for the request of another",
        from: "if (!isAdmin(caller)) throw notYours(requestId);",
        to: "",
        tests: [OWNERS],
      },
      {
        breaks: "a token binds none but its own jobs",
        from: "if (jobOwnerTag(job) !== tag && !isAdmin(caller)) {",
        to: "if (false) {",
        tests: [OWNERS],
      },
      {
        breaks: "a job that is named cannot end later than one that is made now",
        from: "endsAt <= now || endsAt > now + JOB_VALID_SECONDS * 1_000",
        to: "endsAt <= now",
        tests: [OWNERS],
      },
      {
        breaks: "a submitter gives a request a minute at least",
        from: "< MIN_DEADLINE_SECONDS && !isAdmin(caller)",
        to: "< 0 && !isAdmin(caller)",
        tests: [OWNERS],
      },
    ],
  ),
  ...mutationsOf(
    "src/store/submissions.ts",
    [JOB_HOOK, EXPECTED],
    [
      {
        breaks: "a job stays with the request that it became first",
        from: "onlyIf: CREATE_ONLY, customMetadata: { request_id: id }",
        to: "customMetadata: { request_id: id }",
      },
      {
        breaks: "who binds a job second learns of the first",
        from: "return bound === null ? ((await boundRequest(bucket, job)) ?? id) : id;",
        to: "return id;",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/expectations.ts",
    [JOB_HOOK, EXPECTED, DEADLINE],
    [
      {
        breaks: "a request that is expected twice keeps its first deadline",
        from: "return put(bucket, expectation, { source, details }, CREATE_ONLY);",
        to: "return put(bucket, expectation, { source, details });",
      },
      {
        breaks: "an expectation that has changed meanwhile is not overwritten",
        from: "await put(bucket, expectation, { source, details }, { etagMatches: etag })",
        to: "await put(bucket, expectation, { source, details })",
      },
      {
        breaks: "two writes of an expectation have two etags",
        from: "    write: crypto.randomUUID(),\n",
        to: "",
      },
      {
        breaks: "the first successor of a request stays",
        from: "if (open === null || open.expectation.successor !== null) return;",
        to: "if (open === null) return;",
        tests: [RESUBMIT],
      },
      {
        breaks: "two that are linked are linked also when R2 is asked too often",
        from: "await retryWrites(async () => {",
        to: "await (async (work: () => Promise<void>) => work())(async () => {",
        tests: [RESUBMIT],
      },
      {
        breaks: "what is live stays with its owner",
        from: 'if (open?.expectation.state === "live") return open.expectation;',
        to: "",
        tests: ["test/integration/store/expectations.test.ts"],
      },
    ],
  ),
];
