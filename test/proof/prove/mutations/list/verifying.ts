import { type Mutation, mutationsOf } from "../mutation.ts";

const HOOK = "test/integration/receive/hook.test.ts";
const JOB_HOOK = "test/integration/receive/job-hook.test.ts";
const EXPECTED = "test/integration/submit/expected.test.ts";
const FAULTS = "test/integration/receive/faults.test.ts";

/** Whose a callback is. */
export const VERIFYING: readonly Mutation[] = [
  ...mutationsOf(
    "src/auth/verify.ts",
    [JOB_HOOK, EXPECTED],
    [
      {
        breaks: "a job's code holds only with its own user",
        from: "return isValid && user === job;",
        to: "return isValid;",
      },
      {
        breaks: "a job's user alone is no credential",
        from: "return isValid && user === job;",
        to: "return user === job;",
      },
      {
        breaks: "a wrong password is refused",
        from: "return presented !== null && findSecret(presented, credentials, itself) !== -1;",
        to: "return presented !== null;",
      },
      {
        breaks: "a wrong callback_secret is refused",
        from: "return presented !== undefined && findSecret(presented, secrets, itself) !== -1;",
        to: "return presented !== undefined;",
        tests: [FAULTS, HOOK],
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/verify.ts",
    ["test/integration/receive/faults.test.ts", HOOK],
    [
      {
        breaks: "every one of several credentials is accepted",
        from: "let found = -1;\n  known.forEach(",
        to: "let found = -1;\n  known.slice(0, 1).forEach(",
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/verify.ts",
    [JOB_HOOK, EXPECTED],
    [
      {
        breaks: "a job's credential is not the receiver's",
        from: 'return isJob ? "job" : null;',
        to: 'return isJob ? "receiver" : null;',
      },
      {
        breaks: "signing keys alone do not open /hook",
        from: "(job !== null && config.signingKeys.length > 0)",
        to: "config.signingKeys.length > 0",
      },
      {
        breaks: "a job is verified where only signing keys are set",
        from: "(job !== null && config.signingKeys.length > 0)",
        to: "false",
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/job-credentials.ts",
    [JOB_HOOK, EXPECTED],
    [
      {
        breaks: "a job takes one request, not a second",
        from: 'if ((bound ?? (await bindJob(bucket, job, id))) !== id) return "bound-elsewhere";',
        to: "if (bound === null) await bindJob(bucket, job, id);",
      },
      {
        breaks: "reads of a job redirect to its request",
        from: "await linkExpectation(bucket, awaited, id);",
        to: "",
      },
      {
        breaks: "reads redirect to the request of a job that is bound already",
        from: "if (!isRecorded) await",
        to: "if (bound === null) await",
      },
      {
        breaks: "what was deleted under the id of its job is kept out",
        from: 'if (record?.state === "deleted") await',
        to: "if (false) await",
      },
      {
        breaks: "a request that had come without the job stays when that is deleted",
        from: "putTombstone(bucket, id, record.deletedAt, CREATE_ONLY)",
        to: "putTombstone(bucket, id, record.deletedAt, {})",
      },
      {
        breaks: "a job is not led on to itself",
        from: "if (awaited === id) return;",
        to: "",
        tests: [EXPECTED],
      },
      {
        breaks: "a job without a request does not take that of another job",
        from: " || isUnproved",
        to: "",
      },
      {
        breaks: "a job without a request does not take that of another token",
        from: 'if (standing === "foreign" || isUnproved) return',
        to: "if (isUnproved) return",
        tests: ["test/integration/auth/owners.test.ts"],
      },
      {
        breaks: "a job without a request does not take one whose callback is stored",
        from: 'if (standing === "stored") return "already-stored";',
        to: "",
        tests: ["test/integration/auth/owners.test.ts"],
      },
      {
        breaks: "a failure of a job is filed under the request that it became",
        from: "if (bound !== null) return bound;",
        to: "",
      },
      {
        breaks: "a failure is not filed while its submission is not recorded",
        from: "if (!isSubmitting) return jobRequestId(job);",
        to: "return jobRequestId(job);",
      },
      {
        breaks: "a failure is filed although its submission was never recorded",
        from: " && now - jobMintedAt(job) < SUBMISSION_SETTLED_MS",
        to: "",
      },
    ],
  ),
];
