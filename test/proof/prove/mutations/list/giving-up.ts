import { type Mutation, mutationsOf } from "../mutation.ts";

const CHANNELS = "test/integration/follow-ups/channels.test.ts";
const GIVEN_UP = "test/integration/follow-ups/given-up.test.ts";
const DEAD_LETTERS = "test/integration/operate/dead-letters.test.ts";

/** What is given up, done again, or overtaken. */
export const GIVING_UP: readonly Mutation[] = [
  ...mutationsOf(
    "src/follow-ups/dead-letters.ts",
    [DEAD_LETTERS],
    [
      {
        breaks: "a settled or restarted effect gets no dead letter",
        from: "isSettled(entry) || entry.generation !== generation) {",
        to: "isSettled(entry)) {",
      },
      {
        breaks: "finished work gets no dead letter",
        from: "entry === null || isSettled(entry) ||",
        to: "entry === null ||",
        tests: [GIVEN_UP],
      },
      {
        breaks: "no dead letter is logged that is not stored",
        from: "if (isKept) {",
        to: "if (true) {",
        tests: [GIVEN_UP],
      },
      {
        breaks: "work that is being tried gets no dead letter",
        from: "if (waitSeconds > 0) return { waitSeconds, isKept: false, ended: null };",
        to: "",
        tests: [GIVEN_UP],
      },
      {
        breaks: "work that may be done gets a dead letter as uncertain",
        from: "Number.isFinite(repeatableForMs(work.effect, { config }))",
        to: "false",
        tests: [CHANNELS],
      },
      {
        breaks: "work that an earlier attempt may have done gets a dead letter as uncertain",
        from: " || entry.unknownSince !== undefined",
        to: "",
        tests: [CHANNELS],
      },
      {
        breaks: "the ledger says what was given up",
        from: "await closeEffect(bucket, id, entry, end, now);",
        to: "true;",
        tests: [GIVEN_UP],
      },
      {
        breaks: "what waits for a translation does not wait for one that was given up",
        from: "await env.FOLLOW_UP_QUEUE.send(wake);",
        to: "",
        tests: [CHANNELS],
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/run-effect.ts",
    [DEAD_LETTERS],
    [
      {
        breaks: "the dead letter of finished work is deleted, also after a crash",
        from: 'if (claim.ended?.state === "done") await deleteDeadLetter(env.TRANSCRIPTS, work);\n      else if',
        to: "if",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/redrive.ts",
    [DEAD_LETTERS],
    [
      {
        breaks: "what has been done is not redriven",
        from: 'if (entry.state === "done") return skipped("it has been done");',
        to: "",
      },
      {
        breaks: "what may have been done is redriven only when it is named",
        from: '(state === "uncertain" || entry.state === "uncertain") && skipsUncertain',
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
    "src/follow-ups/redrive.ts",
    ["test/integration/read/translations.test.ts"],
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
    ["test/integration/store/translations.test.ts"],
    [
      {
        breaks: "a part of a translation that is there stays",
        from: "onlyIf: CREATE_ONLY,\n",
        to: "",
      },
      {
        breaks: "a part of a translation that a deletion overtook does not stay",
        from: 'if ((await headCallback(bucket, body.requestId))?.state === "deleted") await bucket.delete(key);',
        to: "",
      },
    ],
  ),
];
