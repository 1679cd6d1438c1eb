import { expect, it } from "vitest";
import { basic, deliver, send, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { PASSWORDS, SECRETS, STEPS, type Step, secretsOf, TOKENS } from "../../support/rotation.ts";

// While a version goes out, some of Cloudflare's locations run it and others the one before: what one of
// them has given out or signed comes to the other.

type Version = { env: Partial<Env>; bearer: string; given: 0 | 1 };

/** Asks a version to take something; gives the status. */
type Taking = (version: Version) => Promise<number>;

const versionOf = (step: Step): Version => {
  const { webhookSecrets: _, ...secrets } = secretsOf(step);
  return { env: secrets, bearer: `Bearer ${TOKENS[step.given]}`, given: step.given };
};

const ask = ({ env }: Version, path: string, headers: Record<string, string>) =>
  get(path, { headers, env });

const post = ({ env, bearer }: Version, path: string, body: object) =>
  send(
    new Request(`https://edge.test${path}`, {
      method: "POST",
      headers: { authorization: bearer, "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
    env,
  );

const callback =
  (authorization: string | null, path = "/hook", callbackSecret?: string): Taking =>
  async ({ env }) => {
    const { body } = transcript(callbackSecret === undefined ? {} : { callbackSecret });
    return (await deliver(body, { authorization, path, env })).status;
  };

async function jobOf(version: Version): Promise<Taking> {
  const { callback_url } = await (await post(version, "/v1/expected", {})).json<{
    callback_url: string;
  }>();
  const { pathname, username, password } = new URL(callback_url);
  return callback(basic(`${username}:${password}`), pathname);
}

async function shareOf(version: Version): Promise<Taking> {
  const { id, body } = transcript();
  const authorization = basic(PASSWORDS[version.given]);
  expect((await deliver(body, { authorization, env: version.env })).status).toBe(200);
  const made = await post(version, `/v1/transcripts/${id}/share`, { expires_in: 3_600 });
  const { url } = await made.json<{ url: string }>();
  return async (other) => (await ask(other, new URL(url).pathname, {})).status;
}

async function sessionOf({ env, given }: Version): Promise<Taking> {
  const request = new Request("https://edge.test/sign-in", {
    method: "POST",
    headers: { origin: "https://edge.test" },
    body: new URLSearchParams({ token: TOKENS[given] }),
  });
  const cookie = (await send(request, env)).headers.get("set-cookie")?.split(";")[0] ?? "";
  return async (other) => (await ask(other, "/", { cookie })).status;
}

/** What a version gives out, or has others use while it is there. */
const givenBy = async (version: Version): Promise<Record<string, Taking>> => ({
  password: callback(basic(PASSWORDS[version.given])),
  secret: callback(null, "/hook", SECRETS[version.given]),
  job: await jobOf(version),
  share: await shareOf(version),
  session: await sessionOf(version),
  token: async (other) =>
    (await ask(other, "/v1/transcripts", { authorization: version.bearer })).status,
});

/** What one version gives and the other does not take. */
async function refused(giving: Version, taking: Version): Promise<string[]> {
  const names: string[] = [];
  for (const [name, take] of Object.entries(await givenBy(giving))) {
    if ((await take(taking)) !== 200) names.push(name);
  }
  return names;
}

const NEIGHBOURS = STEPS.flatMap((step, at) =>
  STEPS.slice(Math.max(0, at - 1), at + 2).map((other) => [step, other] as const),
);

it.each(NEIGHBOURS)("what is given under %o is taken under %o", async (giving, taking) => {
  expect(await refused(versionOf(giving), versionOf(taking))).toEqual([]);
});

it("a version that signs with the new key at once is refused by the one before", async () => {
  const [first, , third] = STEPS;
  const all = ["password", "secret", "job", "share", "session", "token"];
  expect(await refused(versionOf(third!), versionOf(first!))).toEqual(all);
});
