import { type Mutation, mutationsOf } from "../mutation.ts";

const LEDGER = "test/integration/follow-ups/effect-claims.test.ts";
const DEAD_LETTERS = "test/integration/operate/dead-letters.test.ts";

/** That each effect happens once: the ledger. */
export const ACCOUNTING: readonly Mutation[] = [
  ...mutationsOf(
    "src/store/effect-claims.ts",
    [LEDGER],
    [
      {
        breaks: "an effect is entered once",
        from: "write(bucket, id, newEntry(planned, now), [], CREATE_ONLY)",
        to: "write(bucket, id, newEntry(planned, now), [], {})",
      },
      {
        breaks: "one of many planners opens and claims an effect",
        from: "beginAttempt([], entry.updatedAt, 1), CREATE_ONLY)",
        to: "beginAttempt([], entry.updatedAt, 1), {})",
        tests: ["test/integration/follow-ups/planner.test.ts"],
      },
      {
        breaks: "one of many claims an effect",
        from: "await write(bucket, id, mine, attempts, { etagMatches: etag })",
        to: "await write(bucket, id, mine, attempts, {})",
      },
      {
        breaks: "a claim whose answer was lost is held by who made it",
        from: "written ?? (tries > 1 ? writtenAs(bucket, key, body) : null)",
        to: "written",
      },
      {
        breaks: "a claim that another made is not held by who lost an answer",
        from: "(await there.text()) === body ? there : null",
        to: "there",
      },
      {
        breaks: "what is settled is not tried again",
        from: 'if (isSettled(entry)) return { claim: "settled", ended: entry };',
        to: "",
      },
      {
        breaks: "a message of an earlier generation does nothing",
        from: "entry === null || entry.generation !== generation",
        to: "entry === null",
      },
      {
        breaks: "what is being tried is not tried by another",
        from: 'if (waitSeconds > 0) return { claim: "busy", retryInSeconds: waitSeconds };',
        to: "",
      },
      {
        breaks: "what may have happened is not done again on a guess",
        from: "if (unknownSince !== undefined && now - Date.parse(unknownSince) >= repeatableForMs) {",
        to: "if (false) {",
      },
      {
        breaks: "attempts are counted",
        from: "attempts: entry.attempts + 1,",
        to: "attempts: entry.attempts,",
      },
      {
        breaks: "who lost the lease does not close the entry",
        from: "(await write(bucket, id, closed, attempts, { etagMatches: etag })) !== null",
        to: "(await write(bucket, id, closed, attempts, {})) !== null",
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
      },
      {
        breaks: "a translation that is done has progress 1",
        from: '...(end.state === "done" && held.progress !== undefined && { progress: 1 }),',
        to: "",
      },
      {
        breaks: "errors are kept in ASCII",
        from: '.replace(/[^\\x20-\\x7e]/g, "?")\n      .slice(0, MAX_ERROR_CHARS)',
        to: ".slice(0, MAX_ERROR_CHARS)",
      },
      {
        breaks: "what is being tried does not begin anew",
        from: 'if (!isForced && held.state === "running" && secondsUntilFree(held, now) > 0) return null;',
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
        tests: [DEAD_LETTERS],
      },
      {
        breaks: "what was not done keeps its key when it is wanted again",
        from: '(held.state === "done" ? 1 : 0)',
        to: "1",
        tests: [DEAD_LETTERS],
      },
      {
        breaks: "two who want an effect again begin it once",
        from: "return write(bucket, id, reopened, loseAttempt(attempts), { etagMatches: etag });",
        to: "return write(bucket, id, reopened, loseAttempt(attempts), {});",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/effect-entry.ts",
    [LEDGER],
    [
      {
        breaks: "two claims made on the same state do not both hold",
        from: "write: crypto.randomUUID(), ",
        to: "",
      },
      {
        breaks: "a ledger object keeps the last twenty attempts",
        from: ".slice(-MAX_ATTEMPTS)",
        to: "",
      },
      {
        breaks: "the parts of a translation are one attempt",
        from: 'if (last?.outcome === "partial") return',
        to: "if (false) return",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/bucket.ts",
    [LEDGER],
    [
      {
        breaks: "a write that R2 refuses for its rate is made again",
        from: "if (attempt === TRIES) throw error;",
        to: "throw error;",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/effect-entry.ts",
    [LEDGER],
    [
      {
        breaks: "a dead attempt leaves the effect to the next",
        from: "? Date.parse(updatedAt) + LEASE_MS :",
        to: "? Number.MAX_SAFE_INTEGER :",
      },
      {
        breaks: "what is uncertain is left to a person",
        from: '  state === "uncertain" ||\n',
        to: "",
      },
    ],
  ),
];
