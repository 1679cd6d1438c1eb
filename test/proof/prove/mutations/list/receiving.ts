import { type Mutation, mutationsOf } from "../mutation.ts";

const HOOK = "test/integration/receive/hook.test.ts";
const JOB_HOOK = "test/integration/receive/job-hook.test.ts";
const EXPECTED = "test/integration/submit/expected.test.ts";
const FAULTS = "test/integration/receive/faults.test.ts";
const LARGE = "test/integration/receive/large-bodies.test.ts";
const QUOTED = "test/integration/receive/quoted-credentials.test.ts";

/** The taking of a body, and its answer. */
export const RECEIVING: readonly Mutation[] = [
  ...mutationsOf(
    "src/receive/receive.ts",
    [JOB_HOOK, EXPECTED, FAULTS],
    [
      {
        breaks: "without any credential nothing is taken",
        from: 'if (!isConfigured(delivery)) return { result: { outcome: "unconfigured" } };',
        to: "",
      },
      {
        breaks: "without a header and without secrets the body is not read",
        from: "credential === null && callbackSecrets.length === 0",
        to: "credential === null && callbackSecrets.length < 0",
        tests: [HOOK],
        survives:
          "equivalent: the body is read up to where a secret may stand, matches none, and is refused the same",
      },
      {
        breaks: "what is unverified is not stored",
        from: "(secret) => verifySecret(secret, callbackSecrets)",
        to: 'async (secret) => secret !== ""',
        tests: [HOOK],
      },
      {
        breaks: "a stored callback is handed to the queue",
        from: "    await enqueue(delivery, result, steps);",
        to: "",
      },
      {
        breaks: "what is stored after its time was over is handed to the queue",
        from: "context.waitUntil(enqueueLate(delivery, storing));",
        to: "",
      },
      {
        breaks: "a duplicate is handed to the queue again",
        from: 'requestId === undefined || (result.outcome === "deleted" && job === null)',
        to: 'requestId === undefined || result.outcome !== "created"',
      },
      {
        breaks: "what came after a deletion is not handed to the queue",
        from: 'requestId === undefined || (result.outcome === "deleted" && job === null)',
        to: "requestId === undefined",
        tests: ["test/integration/operate/admin.test.ts"],
      },
      {
        breaks: "what was deleted under the id of its job leaves the catalogue too",
        from: '(result.outcome === "deleted" && job === null)',
        to: 'result.outcome === "deleted"',
        tests: [EXPECTED],
      },
      {
        breaks: "what a job's credential brings about another request is not stored as that",
        from: 'return claim === "granted" || mayWriteAny',
        to: 'return claim !== "granted" || claim === "granted"',
      },
      {
        breaks: "the receiver's own credential brings any request to a job",
        from: 'return claim === "granted" || mayWriteAny',
        to: 'return claim === "granted"',
      },
      {
        breaks: "a failure without an id waits for the record of its submission",
        from: 'return { outcome: "too-early" };',
        to: 'return keepInQuarantine(delivery, body, "no-request-id");',
      },
      {
        breaks: "a body that cannot be matched is kept in quarantine",
        from: "await quarantine(env.TRANSCRIPTS, facts, body.content);",
        to: "",
      },
      {
        breaks: "an answer comes while the store does not",
        from: 'await steps.run(storing, QUEUE_RESERVE_MS, "storing")',
        to: "await storing",
      },
      {
        breaks: "a large body is stored though its sender no longer waits",
        from: "context.waitUntil(storing.catch(() => {}));",
        to: "",
        tests: [LARGE],
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
    "src/store/take-body.ts",
    [LARGE],
    [
      {
        breaks: "a body that is announced as too large is refused",
        from: 'if (announced !== null && announced > maxBytes) return fail("too-large");',
        to: "",
      },
      {
        breaks: "a small body that breaks off is not stored",
        from: 'if (buffer?.byteLength !== bytes) return fail("interrupted");',
        to: 'if (buffer === null) return fail("interrupted");',
      },
      {
        breaks: "a small body verified by its secret is as long as announced",
        from: 'if (announced !== null && announced !== start.bytes) return fail("interrupted");',
        to: "",
      },
      {
        breaks: "a body without a length that breaks off is not stored",
        from: '    if (next === null) return fail("interrupted");\n    start.hasEnded = next.hasEnded;\n    if (next.part.length === 0) continue;',
        to: "    start.hasEnded = next === null || next.hasEnded;\n    if (next === null || next.part.length === 0) continue;",
      },
      {
        breaks: "a body is verified by its secret",
        from: 'if (!verify(secret)) return fail("unverified");',
        to: "",
        tests: [JOB_HOOK, EXPECTED],
      },
      {
        breaks: "the secret stands within the first 256 KiB",
        from: "bytes === MAX_UNVERIFIED_BYTES",
        to: "bytes < 0",
      },
      {
        breaks: "a sender without a credential is not waited for",
        from: 'if (next === "late") return fail("unverified");',
        to: 'if (next === "late") continue;',
      },
    ],
  ),
  ...mutationsOf(
    "src/store/take-body.ts",
    ["test/integration/receive/kept-secrets.property.test.ts"],
    [
      {
        breaks:
          "a large body whose results began, and that is none, keeps no credential that it quotes",
        from: 'if (isMasked || !("streamed" in content)) return',
        to: "if (bucket) return",
      },
    ],
  ),
  ...mutationsOf(
    "src/receive/receive.ts",
    [QUOTED],
    [
      {
        breaks: "a failure that spells a credential with escapes does not tell it",
        file: "src/auth/quoted-credentials.ts",
        from: "if (body.json === undefined) return body;",
        to: "if (body.json !== null) return body;",
      },
    ],
  ),
  ...mutationsOf(
    "src/http/route.ts",
    ["test/integration/read/scopes.test.ts"],
    [
      {
        breaks: "who sends a transcript to others must be allowed to read it",
        from: '["submit", "read"] as const',
        to: '["submit"] as const',
      },
    ],
  ),
  ...mutationsOf(
    "src/config/recipients.ts",
    ["test/unit/config/recipients.test.ts"],
    [
      {
        breaks: "a domain allows none that ends like it",
        from: 'domains.has(address.slice(address.lastIndexOf("@") + 1))',
        to: "[...domains].some((domain) => address.endsWith(domain))",
      },
      {
        breaks: "nobody is allowed by default",
        from: "if (anyone) return true;",
        to: "if (anyone || domains.size + addresses.size + phonePrefixes.length === 0) return true;",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/upload-body.ts",
    [QUOTED],
    [
      {
        breaks: "a large failure keeps no credential that it quotes",
        from: "    isMasking = !isTranscript;",
        to: "    isTranscript = true;",
      },
      {
        breaks: "a large transcript stays as it came",
        from: "isTranscript = resultsAt !== null;",
        to: "isTranscript = false;",
      },
      {
        breaks: "a transcript's first parts wait for its results",
        from: "if (!isTranscript && bytes <= MAX_HELD_BYTES) continue;",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/lib/mask-strings.ts",
    [QUOTED],
    [
      {
        breaks: "a credential across two chunks is masked",
        from: "const ready = Math.max(all.length - maxWaiting, 0);",
        to: "const ready = all.length;",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/upload-body.ts",
    [LARGE],
    [
      {
        breaks: "a large body that is refused leaves nothing",
        from: "else await sink.abort();",
        to: "else await sink.commit();",
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
