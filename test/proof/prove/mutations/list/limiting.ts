import { type Mutation, mutationsOf } from "../mutation.ts";

const POLICY = "test/integration/follow-ups/allowed-effects.test.ts";
const LEASE = "test/integration/follow-ups/lease.test.ts";
const DAILY = "test/integration/follow-ups/daily-messages.test.ts";
const REFUSED = "test/integration/http/refused-bodies.test.ts";

/** Who may be sent messages, how many, that an attempt without its claim does nothing, and what is refused. */
export const LIMITING: readonly Mutation[] = [
  ...mutationsOf(
    "src/follow-ups/allowed-effects.ts",
    [POLICY],
    [
      {
        breaks: "a request names only recipients that are allowed",
        from: ": NOT_A_RECIPIENT;",
        to: ": null;",
      },
      {
        breaks: "recipients in FOLLOW_UPS are always allowed",
        from: "return isConfigured || allowsRecipient",
        to: "return allowsRecipient",
      },
      {
        breaks: "a request asks for a bounded number of languages",
        from: "if (languages.size >= maxTranslations) {",
        to: "if (false) {",
      },
      {
        breaks: "languages are counted over all calls",
        from: "withinPolicy(effects, policy, asked.languages)",
        to: "withinPolicy(effects, policy, [])",
      },
      {
        breaks: "languages in FOLLOW_UPS do not count",
        from: "!followUps.translate.includes(language)",
        to: "followUps !== undefined",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/translations.ts",
    [POLICY],
    [
      {
        breaks: "languages that are asked for at the same moment count",
        from: "const options = { onlyIf, httpMetadata",
        to: "const options = { httpMetadata",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/redrive.ts",
    [POLICY],
    [
      {
        breaks: "nothing is sent again to a recipient that is no longer allowed",
        from: 'if (recipientProblem(entry.effect, policy) !== null) return "refused";',
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/run-effect.ts",
    [LEASE],
    [
      {
        breaks: "what waits for a recipient that is no longer allowed is not sent",
        from: "if (refusal !== null) {",
        to: "if (false) {",
        tests: [POLICY],
      },
      {
        breaks: "messages beyond DAILY_MESSAGES wait",
        from: "return isWithin ? { ...entry, countedOn } : null;",
        to: "return isWithin ? { ...entry, countedOn } : entry;",
        tests: [DAILY],
      },
      {
        breaks: "a message that is tried again counts once",
        from: "return isWithin ? { ...entry, countedOn } : null;",
        to: "return isWithin ? entry : null;",
        tests: [DAILY],
      },
      {
        breaks: "an attempt that lost its claim leaves dead letters alone",
        file: "src/follow-ups/record-outcome.ts",
        from: 'if (!isClosed) throw new ClaimLost("another attempt has the effect");',
        to: "",
      },
      {
        breaks: "a dead letter that was not kept is kept by the next delivery",
        from: "else if (claim.ended !== null) await restoreDeadLetter(env.TRANSCRIPTS, work, claim.ended);",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/run-effect.ts",
    [LEASE],
    [
      {
        breaks: "an attempt that lost its claim calls no provider",
        from: "if (!(await holdsClaim(bucket, id, held)))",
        to: "if ((await holdsClaim(bucket, id, held)) && false)",
      },
      {
        breaks: "nothing is sent at the end of the lease",
        from: 'if (!maySend(held, Date.now())) throw new Error("no time is left to send it in this attempt");',
        to: "maySend(held, Date.now());",
      },
    ],
  ),
  ...[
    ["src/follow-ups/notify/sms/notify-phone.ts", "await attempt.confirm();"],
    ["src/follow-ups/notify/email/send-email.ts", "await attempt.confirm();"],
    ["src/follow-ups/notify/webhook.ts", "await attempt.confirm();"],
    ["src/follow-ups/translate/translate.ts", "await confirm();"],
  ].flatMap(([file = "", from = ""]) =>
    mutationsOf(
      file,
      [LEASE],
      [{ breaks: "the claim is checked right before a provider is called", from, to: "" }],
    ),
  ),
  ...mutationsOf(
    "src/follow-ups/dead-letters.ts",
    [LEASE],
    [
      {
        breaks: "what another attempt took is not given up",
        from: "if (!isClosed) return { waitSeconds: OTHERS_SECONDS, isKept: false, ended: null };",
        to: "",
      },
      {
        breaks: "a dead letter that was not kept is kept when the queue gives up",
        from: "if (ended !== null) await restoreDeadLetter(bucket, work, ended);",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/follow-ups/follow-up.ts",
    [DAILY],
    [
      {
        breaks: "what waits for midnight is not sent for before",
        from: " && (notBefore === undefined || Date.parse(notBefore) <= now)",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/effect-claims.ts",
    [DAILY],
    [
      {
        breaks: "waiting for midnight is no attempt",
        from: "attempts: held.attempts - 1,",
        to: "attempts: held.attempts,",
      },
      {
        breaks: "a message that a person has sent again counts",
        from: "const { notBefore: _, unknownSince: _known, countedOn: _counted, ...rest } = held;",
        to: "const { notBefore: _, unknownSince: _known, ...rest } = held;",
      },
    ],
  ),
  ...mutationsOf(
    "src/catalogue/daily-messages.ts",
    [DAILY],
    [
      {
        breaks: "the count grows no further than one beyond the limit",
        from: "iif(value > ?2, value, value + 1)",
        to: "value + 1",
      },
      {
        breaks: "a clock that is behind takes nothing back",
        from: "iif(at < ?1, 1,",
        to: "iif(at <> ?1, 1,",
      },
      {
        breaks: "a database that is away holds up no message",
        from: "return true;\n  }\n}",
        to: "return false;\n  }\n}",
      },
    ],
  ),
  ...mutationsOf(
    "src/operate/alarms.ts",
    [DAILY],
    [
      {
        breaks: "messages that wait are an alarm",
        from: "Number(read.messages) > read.dailyMessages,",
        to: "false,",
      },
    ],
  ),
  ...mutationsOf(
    "src/lib/discard-body.ts",
    [REFUSED],
    [
      {
        breaks: "refused bodies that are read at a time are bounded",
        from: "  if (!share.take(CHUNK_BYTES)) return;\n",
        to: "",
      },
    ],
  ),
];
