import { beforeEach, expect, inject, it } from "vitest";
import { ROUTES } from "../../../src/routes.ts";
import { codeOf, signIn } from "../../integration/pages/browse.ts";
import { channels } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { API_RATE_LIMIT, checkAnswer, DEEPGRAM_KEY, kept, SIGNING_KEYS } from "./answers.ts";
import { type Door, jobDoor } from "./doors.ts";
import { type Asked, anyRequest } from "./requests.ts";
import { JOB_CREDENTIAL, KNOWN_ID, KNOWN_JOB } from "./values.ts";

const isLong = inject("isLong");
const TRUSTED = isLong ? 20_000 : 700;
const UNVERIFIED = isLong ? 10_000 : 300;
const SEED = isLong ? Date.now() % 2 ** 31 : 41;
const TIMEOUT = { timeout: isLong ? 1_800_000 : 180_000 };

let replaced: Partial<Env>;
let known: string;
let job: Door;

beforeEach(async () => {
  replaced = {
    ...channels().env,
    SIGNING_KEYS,
    API_RATE_LIMIT,
    GUESS_RATE_LIMIT: API_RATE_LIMIT,
    DEEPGRAM_URL: inject("usageUrl"),
    DEEPGRAM_API_KEY: DEEPGRAM_KEY,
    FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
  };
  known = await stored();
  job = await jobDoor();
});

/** A transcript that the requests are about. */
async function stored(): Promise<string> {
  const { id, body } = transcript({ words: 60, diarize: true, utterances: true });
  expect((await deliver(body, { env: replaced })).status).toBe(200);
  await consume([{ type: "callback", request_id: id }], replaced);
  return id;
}

const isDeleted = async () => {
  const asked = { headers: { authorization: OPERATOR }, env: replaced };
  return (await get(`/v1/transcripts/${known}`, asked)).status === 410;
};

type Sent = { headers?: Record<string, string>; fields?: string };

function sent({ path, method, headers, body }: Asked, { headers: more, fields }: Sent = {}) {
  const text = fields === undefined ? body : `${fields}&${body}`;
  const here = path.replaceAll(KNOWN_ID, known).replace(`/hook/${KNOWN_JOB}`, job.path);
  const { authorization } = job;
  const ofJob = headers.authorization === JOB_CREDENTIAL ? { authorization } : {};
  const request = new Request(`https://edge.test${here}`, {
    method,
    redirect: "manual",
    headers: { ...headers, ...ofJob, ...more },
    body: body === null ? null : (text ?? "").replaceAll(KNOWN_ID, known),
  });
  return send(request, replaced);
}

const shown = { numRuns: 0, seed: SEED };

it(
  "whatever is asked of any route with a credential, the answer is in time, no 500, and tells no secret",
  TIMEOUT,
  async () => {
    console.info(`seed ${SEED}`);
    const cookie = await signIn("admin-token", replaced);
    const code = await codeOf(cookie, replaced);
    const statuses = new Map<string, Set<number>>();
    await fc.assert(
      fc.asyncProperty(anyRequest(true), fc.boolean(), async (asked, isSignedIn) => {
        const form = { cookie, "sec-fetch-site": "same-origin" };
        const more = isSignedIn
          ? { headers: form, fields: `code=${encodeURIComponent(code)}` }
          : {};
        const { status } = await checkAnswer(sent(asked, more), asked.path);
        if (await isDeleted()) known = await stored();
        const { path } = asked.route;
        statuses.set(path, (statuses.get(path) ?? new Set()).add(status));
      }),
      { ...shown, numRuns: TRUSTED },
    );
    expect([...statuses.keys()].sort()).toEqual(
      [...new Set(ROUTES.map(({ path }) => path))].sort(),
    );
    // Else nothing went beyond the doors.
    expect([...(statuses.get("/hook") ?? [])]).toContain(422);
    expect([...(statuses.get("/hook/:job") ?? [])]).toContain(200);
  },
);

it("whatever is asked of any route without a credential, nothing is kept", TIMEOUT, async () => {
  const before = await kept();
  await fc.assert(
    fc.asyncProperty(anyRequest(false), async (asked) => {
      await checkAnswer(sent(asked), asked.path);
      expect(await kept()).toEqual(before);
    }),
    { ...shown, numRuns: UNVERIFIED },
  );
});
