import { type Mutation, mutationsOf } from "../mutation.ts";

const HOOK = "test/receive/hook.test.ts";
const JOB_HOOK = "test/receive/job-hook.test.ts";
const EXPECTED = "test/submit/expected.test.ts";
const FAULTS = "test/receive/faults.test.ts";
const SPOOL = "test/receive/spool.test.ts";

/** The taking of a body, and its answer. */
export const RECEIVING: readonly Mutation[] = [
  ...mutationsOf(
    "src/receive/receive.ts",
    [JOB_HOOK, EXPECTED, FAULTS],
    [
      {
        breaks: "without any credential nothing is taken",
        from: 'if (!isConfigured(delivery)) return { outcome: "unconfigured" };',
        to: "",
      },
      {
        breaks: "without a header and without secrets the body is not read",
        from: 'if (credential === null && callbackSecrets.length === 0) return { outcome: "unverified" };',
        to: "",
        tests: [HOOK],
      },
      {
        breaks: "what is unverified is not stored",
        from: "credential !== null || (await verifySecret(callbackSecret(json), callbackSecrets));",
        to: "true;",
      },
      {
        breaks: "a stored callback is handed to the queue",
        from: "  await pass(delivery, told, deadline);",
        to: "",
      },
      {
        breaks: "what is stored after its time was over is handed to the queue",
        from: "context.waitUntil(followUpLate(delivery, kept));",
        to: "",
      },
      {
        breaks: "a duplicate is handed to the queue again",
        from: 'request_id === undefined || (outcome === "deleted" && job === null)',
        to: 'request_id === undefined || outcome !== "created"',
      },
      {
        breaks: "what came after a deletion is not handed to the queue",
        from: 'request_id === undefined || (outcome === "deleted" && job === null)',
        to: "request_id === undefined",
        tests: ["test/admin/admin.test.ts"],
      },
      {
        breaks: "what was deleted under the id of its job leaves the catalogue too",
        from: '(outcome === "deleted" && job === null)',
        to: 'outcome === "deleted"',
        tests: [EXPECTED],
      },
      {
        breaks: "what a job's credential brings about another request is not stored as that",
        from: 'if (claimed === "granted" || credential !== "job") {',
        to: "if (true) {",
      },
      {
        breaks: "the receiver's own credential brings any request to a job",
        from: 'if (claimed === "granted" || credential !== "job") {',
        to: 'if (claimed === "granted") {',
      },
      {
        breaks: "a failure without an id waits for the record of its submission",
        from: 'if (requestId === null) return { outcome: "too-early" };',
        to: 'if (requestId === null) return keepInQuarantine(delivery, body, "no-request-id");',
      },
      {
        breaks: "a body that cannot be matched is kept in quarantine",
        from: "await quarantine(env.TRANSCRIPTS, facts, body.content);",
        to: "",
      },
      {
        breaks: "an answer comes while the store does not",
        from: 'await timeout(kept, deadline.msLeft() - QUEUE_RESERVE_MS, "storing")',
        to: "await kept",
      },
      {
        breaks: "what a large body left in the spool is removed",
        from: "const cleared = kept.catch(() => {}).then(() => discard(env.TRANSCRIPTS, body.content));",
        to: "const cleared = kept.catch(() => {});",
        tests: [SPOOL],
      },
    ],
  ),
  ...mutationsOf(
    "src/receive/answer.ts",
    [FAULTS],
    [
      {
        breaks: "what could not be stored is not acknowledged",
        from: 'case "unavailable":\n      return problemResponse(503,',
        to: 'case "unavailable":\n      return problemResponse(200,',
      },
    ],
  ),
  ...mutationsOf(
    "src/receive/take-body.ts",
    [SPOOL],
    [
      {
        breaks: "a body that is announced as too large is refused",
        from: 'if (bytes !== null && bytes > maxBytes) return fail("too-large");',
        to: "",
      },
      {
        breaks: "a small body that breaks off is not stored",
        from: "return body?.byteLength === bytes ? held(",
        to: "return body ? held(",
      },
      {
        breaks: "a body without a length that breaks off is not stored",
        from: "if (next === null) return null;",
        to: "if (next === null) return { parts, isWhole: true };",
      },
      {
        breaks: "a small body is verified",
        from: 'if (!(await verify(json))) return fail("unverified");',
        to: "",
        tests: [JOB_HOOK, EXPECTED],
      },
    ],
  ),
  ...mutationsOf(
    "src/receive/spool-body.ts",
    [SPOOL],
    [
      {
        breaks: "a large body that is refused leaves nothing",
        from: "else await sink.abort();",
        to: "else await sink.commit();",
      },
      {
        breaks: "a large body is verified before it is kept",
        from: 'if (!(await verify(json))) return fail("unverified");',
        to: "",
      },
      {
        breaks: "a large body that breaks off is not stored",
        from: 'if (part === null) return fail("interrupted");',
        to: "if (part === null) break;",
      },
      {
        breaks: "a large body that is shorter than was announced is not stored",
        from: 'if ("exactly" in limit && bytes < maxBytes) return fail("interrupted");',
        to: "",
      },
      {
        breaks: "a large body without a length has a limit",
        from: "if (bytes > maxBytes) return",
        to: 'if (bytes > maxBytes && "exactly" in limit) return',
      },
    ],
  ),
];
