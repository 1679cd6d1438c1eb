import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { secretNames } from "../../../src/commands/deploy/secrets.ts";
import { eventually } from "../eventually.ts";
import { type FakeCloudflare, fakeCloudflare } from "./fake-cloudflare.ts";
import { runCommand } from "./run-command.ts";

// Each run starts wrangler about ten times: `npm test` makes two of them, and has the settings checked
// by test/e2e/commands/deploy-settings.test.ts.
const isFull = inject("isFull");

const TIMEOUT = { timeout: 180_000 };

const WORKER = "deepgram-edge-receiver";
const ADDRESS = "https://deepgram-edge-receiver.acme.workers.dev";

const SECRETS = {
  CALLBACK_CREDENTIALS: "deepgram:a-password-of-ours",
  // A dollar sign, which wrangler replaces in files of another form.
  SIGNING_KEYS: "a-$HOME-signing-key-of-the-tests-0123456789",
  API_TOKENS: "operator:read+submit+admin:an-api-token-of-ours",
};

const folder = mkdtempSync(join(tmpdir(), "edge-deploy-"));
let cloudflare: FakeCloudflare;

beforeAll(async () => {
  cloudflare = await fakeCloudflare();
});

afterAll(async () => {
  await cloudflare.close();
  rmSync(folder, { recursive: true, force: true });
});

function secretsFile(secrets: Record<string, string>): string {
  const file = join(folder, `${crypto.randomUUID()}.vars`);
  const lines = Object.entries(secrets).map(([name, value]) => `${name}="${value}"`);
  writeFileSync(file, lines.join("\n"));
  return file;
}

/** `npm run deploy` with the real wrangler, whose API is the fake one. */
const deploy = (...flags: string[]) =>
  runCommand("deploy", flags, { ...cloudflare.env, TMPDIR: folder });

/** What the configuration is uploaded by. */
const pinned = () => readdirSync(".").filter((name) => name.startsWith(".wrangler.deploy-"));

const atAddress = ["--var", `PUBLIC_URL:${ADDRESS}`];

const tables = (database: string) =>
  cloudflare.account.databases
    .get(database)
    ?.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => name);

describe("npm run deploy", TIMEOUT, () => {
  it("makes all of it on the first run: the database first, secrets with the first version", async () => {
    const { account } = cloudflare;
    const flags = ["--secrets-file", secretsFile(SECRETS), "--smoke-wait", "0"];
    // Nobody listens at this address.
    const url = "https://127.0.0.1:9";
    const { status, stdout, stderr } = await deploy(...flags, "--var", `PUBLIC_URL:${url}`);
    const version = account.workers.get(WORKER)?.version;
    expect(stdout).toContain(`== Trying ${url}, version ${version}\nBAD  no answer: `);
    expect(stderr).toBe("It is deployed, but not all is well; see BAD above.\n");
    expect(status).toBe(1);
    expect(account.workers.get(WORKER)?.secrets).toEqual(SECRETS);
    expect(account.queues).toEqual(["deepgram-dead-letters", "deepgram-follow-ups"]);
    expect(tables("deepgram-catalogue")).toEqual(
      expect.arrayContaining(["transcripts", "listed", "search", "deletions"]),
    );
    const order = (what: string) => account.changes.findLastIndex((it) => it.startsWith(what));
    expect(order("POST /d1/database/")).toBeLessThan(order(`PUT /workers/scripts/${WORKER}`));
    const uploads = account.changes.filter((change) => change === `PUT /workers/scripts/${WORKER}`);
    expect(uploads).toHaveLength(1);
    expect(stdout + stderr).not.toContain("of-ours");
    expect(readdirSync(folder).filter((name) => name.startsWith("deploy-"))).toEqual([]);
    expect(cloudflare.unknown).toEqual([]);
  });

  it("has R2 expire idempotency keys, sessions and broken uploads, and nothing else", () => {
    const rules = cloudflare.account.lifecycle.get("deepgram-transcripts") ?? [];
    const expiring = rules.flatMap(({ conditions, deleteObjectsTransition: expires }) =>
      expires ? [[conditions.prefix, expires.condition.maxAge]] : [],
    );
    expect(expiring).toEqual([
      ["idempotency/", 172_800],
      ["sessions/", 86_400],
    ]);
    expect(rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["Default Multipart Abort Rule", "abort-multipart"]),
    );
  });

  it("can be run again without the secrets, keeps rules and data, and says how to try it", async () => {
    const { account } = cloudflare;
    const rules = structuredClone(account.lifecycle);
    const database = account.databases.get("deepgram-catalogue");
    database?.exec("INSERT INTO deletions VALUES ('kept', '2026-11-02T09:00:00.000Z')");
    account.changes.length = 0;
    const { status, stdout, stderr } = await deploy(...atAddress);
    expect([status, stderr]).toEqual([0, ""]);
    expect(account.lifecycle).toEqual(rules);
    expect(account.workers.get(WORKER)?.secrets).toEqual(SECRETS);
    expect(database?.prepare("SELECT * FROM deletions").all()).toHaveLength(1);
    expect(account.changes).not.toContain("POST /d1/database");
    expect(stdout).toContain("deepgram-dead-letters is there.");
    expect(stdout).toContain(`npm run smoke -- ${ADDRESS} --credentials user:password`);
  });
});

describe.runIf(isFull)("npm run deploy, before it touches anything", TIMEOUT, () => {
  it("names every setting that is missing, with the command that sets it", async () => {
    const { status, stderr } = await deploy("--secrets-file", secretsFile({}));
    expect(status).toBe(1);
    for (const name of ["CALLBACK_CREDENTIALS", "SIGNING_KEYS", "API_TOKENS"]) {
      expect(stderr).toMatch(new RegExp(`${name}: .+\\n {4}npx wrangler secret put ${name}\\n`));
    }
    expect(stderr).toMatch(
      /PUBLIC_URL: not the https URL.+\n {4}set it in wrangler.toml under \[vars\]/,
    );
    expect(stderr).toContain("npm run deploy -- --secrets-file FILE");
    expect(cloudflare.account.changes).toEqual([]);
  });

  it("names the environment it is about", async () => {
    const { stderr } = await deploy("--env", "staging");
    expect(stderr).toContain("npx wrangler secret put API_TOKENS --env staging\n");
    expect(stderr).toContain("set it in wrangler.toml under [env.staging.vars]");
    expect(cloudflare.account.changes).toEqual([]);
  });

  it("refuses the values of .dev.vars.example", async () => {
    const { status, stderr } = await deploy("--secrets-file", ".dev.vars.example", ...atAddress);
    expect(status).toBe(1);
    for (const name of ["CALLBACK_CREDENTIALS", "CALLBACK_SECRETS", "SIGNING_KEYS", "API_TOKENS"]) {
      expect(stderr).toContain(`${name}: a value of .dev.vars.example is refused`);
    }
    expect(cloudflare.account.changes).toEqual([]);
  });

  it("finds what cannot work: follow-ups, providers without their keys, unknown secrets", async () => {
    const followUps = '{"notify":[{"channel":"webhook","to":"crm"},{"channel":"phone"}]}';
    const vars = {
      PUBLIC_URL: ADDRESS,
      ENVIRONMENT: "local",
      FOLLOW_UPS: followUps,
      TRANSLATOR: "deepl",
      EMAIL_FROM: "a@example.com",
      EMAIL_PROVIDER: "resend",
      SMS_FROM: "+15551234567",
    };
    const { status, stderr } = await deploy(
      ...["--secrets-file", secretsFile({ ...SECRETS, API_TOKEN: "singular" })],
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    );
    expect(status).toBe(1);
    expect(stderr.split("\n").filter((line) => /^\w+: /.test(line))).toEqual([
      "FOLLOW_UPS: notify[1] is not a webhook, email or sms notification",
      "FOLLOW_UPS: the webhook crm is not in WEBHOOK_ENDPOINTS",
      "RESEND_API_KEY: not set, and EMAIL_FROM needs it",
      "TWILIO_ACCOUNT_SID: not set, and SMS_FROM needs it",
      "DEEPL_API_KEY: not set, and TRANSLATOR needs it",
      "ENVIRONMENT: not production: the rules of production are off",
      "API_TOKEN: none of the secrets of .dev.vars.example",
    ]);
    expect(cloudflare.account.changes).toEqual([]);
  });

  it("takes every secret that is on Cloudflare, and that it cannot read, to be right", async () => {
    const { account } = cloudflare;
    const secrets = Object.fromEntries(secretNames().map((name) => [name, "unread"]));
    account.workers.set(WORKER, { secrets, bindings: [], version: "" });
    const followUps = '{"translate":["es"],"notify":[{"channel":"webhook","to":"crm"}]}';
    const vars = { PUBLIC_URL: ADDRESS, FOLLOW_UPS: followUps, SMS_FROM: "+15551234567" };
    const { status, stdout, stderr } = await deploy(
      "--dry-run",
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    );
    account.workers.delete(WORKER);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Nothing is wrong with them.");
    expect(account.changes).toEqual([]);
  });

  it("refuses a wait that would never end", async () => {
    const { status, stderr } = await deploy("--smoke-wait", "soon", ...atAddress);
    expect([status, stderr]).toEqual([1, "--smoke-wait is not a number of seconds\n"]);
    expect(cloudflare.account.changes).toEqual([]);
  });

  it("knows the environments that there are", async () => {
    expect((await deploy("--env", "stage")).stderr).toBe(
      "--env stage is not in wrangler.toml; there are production, staging.\n",
    );
  });
});

describe.runIf(isFull)("npm run deploy on an account where it ran", TIMEOUT, () => {
  it("makes a database that is gone anew, and gives it to the Worker", async () => {
    const { account } = cloudflare;
    const idOf = () => account.workers.get(WORKER)?.bindings.find(({ type }) => type === "d1")?.id;
    const before = idOf();
    account.databases.delete("deepgram-catalogue");
    const { status, stderr } = await deploy(...atAddress, "--skip-smoke");
    expect([status, stderr]).toEqual([0, ""]);
    expect(tables("deepgram-catalogue")).toContain("transcripts");
    expect(idOf()).toMatch(/^[\da-f-]{36}$/);
    expect(idOf()).not.toBe(before);
    expect(pinned()).toEqual([]);
  });

  it("has staging beside production, with nothing in common", async () => {
    const { account } = cloudflare;
    account.changes.length = 0;
    const flags = ["--secrets-file", secretsFile(SECRETS), ...atAddress, "--skip-smoke"];
    const { status, stdout, stderr } = await deploy("--env", "staging", ...flags);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("== Trying");
    expect([...account.workers.keys()]).toEqual([WORKER, `${WORKER}-staging`]);
    expect(account.queues).toEqual(
      expect.arrayContaining(["deepgram-dead-letters-staging", "deepgram-follow-ups-staging"]),
    );
    expect([...account.lifecycle.keys()]).toContain("deepgram-transcripts-staging");
    expect([...account.databases.keys()]).toContain("deepgram-catalogue-staging");
    expect(account.changes.filter((change) => change.includes(`/${WORKER}/`))).toEqual([]);
  });

  it("leaves no secrets behind when it is broken off", async () => {
    const flags = ["--secrets-file", secretsFile(SECRETS), ...atAddress, "--skip-smoke"];
    const child = spawn(process.execPath, ["src/commands/deploy.ts", ...flags], {
      env: { ...process.env, ...cloudflare.env, TMPDIR: folder },
      detached: true,
      stdio: "ignore",
    });
    const closed = once(child, "close");
    const left = () => readdirSync(folder).filter((name) => name.startsWith("deploy-"));
    await eventually(left, ({ length }) => length > 0, 50_000);
    process.kill(-Number(child.pid), "SIGINT");
    await closed;
    expect([...left(), ...pinned()]).toEqual([]);
    expect(child.exitCode).toBe(1);
  });

  it.each([
    ["a token that may not use D1", /^GET \/d1\/database/, 10_000, "Account > D1 > Edit"],
    [
      "Analytics Engine that is off",
      /^PUT \/workers\/scripts/,
      10_089,
      "/workers/analytics-engine",
    ],
  ])("says what is to be done about %s", async (_, what, code, hint) => {
    cloudflare.account.refused = { what, code };
    const { status, stderr } = await deploy(...atAddress, "--skip-smoke");
    cloudflare.account.refused = null;
    expect([status, stderr]).toEqual([1, expect.stringContaining(`[code: ${code}]`)]);
    expect(stderr.slice(stderr.lastIndexOf("[code"))).toContain(hint);
    expect(stderr).toContain("What is there stays.");
  });

  it("deploys nothing when the database cannot be laid out", async () => {
    const { account } = cloudflare;
    account.changes.length = 0;
    account.databases.get("deepgram-catalogue")?.exec("DELETE FROM d1_migrations");
    const { status, stderr } = await deploy(...atAddress, "--skip-smoke");
    expect([status, stderr]).toEqual([1, expect.stringContaining("d1 migrations apply")]);
    expect(stderr).toContain("Done before: Queues. Broken off in: Database.\n");
    expect(account.changes).not.toContain(`PUT /workers/scripts/${WORKER}`);
  });
});
