import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { type FakeCloudflare, fakeCloudflare } from "./fake-cloudflare.ts";
import { runCommand } from "./run-command.ts";

// What a deployment decides is tried by test/e2e/commands/deploy-settings.test.ts, without running wrangler.

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
const secretsFile = join(folder, "secrets.vars");
const lines = Object.entries(SECRETS).map(([name, value]) => `${name}="${value}"`);
writeFileSync(secretsFile, lines.join("\n"));

const atAddress = ["--var", `PUBLIC_URL:${ADDRESS}`];

/** What a process has in place, or left behind: its folder of secrets and its configuration to upload by. */
const left = (pid?: number) => [
  ...readdirSync(folder).filter((name) => name.startsWith("deploy-")),
  ...readdirSync(".").filter((name) => {
    const owner = Number(/^\.wrangler\.deploy-(\d+)\.json$/.exec(name)?.[1]);
    // Tests of other files run deployments at the same time.
    return owner === pid || (owner > 0 && !isRunning(owner));
  }),
];

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npm run deploy, with the real wrangler and a simulated API", TIMEOUT, () => {
  let cloudflare: FakeCloudflare;

  beforeAll(async () => {
    cloudflare = await fakeCloudflare();
  });

  afterAll(() => cloudflare.close());

  const deploy = (...flags: string[]) =>
    runCommand("deploy", flags, { ...cloudflare.env, TMPDIR: folder });

  const bindings = () => cloudflare.account.workers.get(WORKER)?.bindings ?? [];

  it("creates everything on the first run: the database first, secrets with the first version", async () => {
    const { account } = cloudflare;
    const flags = ["--secrets-file", secretsFile, "--smoke-wait", "0", "--jurisdiction", "eu"];
    // Nobody listens at this address.
    const url = "https://127.0.0.1:9";
    const { status, stdout, stderr } = await deploy(...flags, "--var", `PUBLIC_URL:${url}`);
    const version = account.workers.get(WORKER)?.version;
    expect(stdout).toContain(`== Trying ${url}, version ${version}\nBAD  no answer: `);
    expect(stderr).toBe("It is deployed, but not all is well; see BAD above.\n");
    expect(status).toBe(1);
    expect(account.workers.get(WORKER)?.secrets).toEqual(SECRETS);
    expect([...account.queues].sort()).toEqual(["deepgram-dead-letters", "deepgram-follow-ups"]);
    const tables = account.databases
      .get("deepgram-catalogue")
      ?.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all();
    expect(tables?.map(({ name }) => name)).toEqual(expect.arrayContaining(["transcripts"]));
    const order = (what: string) => account.changes.findLastIndex((it) => it.startsWith(what));
    expect(order("POST /d1/database/")).toBeLessThan(order(`PUT /workers/scripts/${WORKER}`));
    const uploads = account.changes.filter((change) => change === `PUT /workers/scripts/${WORKER}`);
    expect(uploads).toHaveLength(1);
    expect(stdout + stderr).not.toContain("of-ours");
    expect(left()).toEqual([]);
    expect(cloudflare.unknown).toEqual([]);
  });

  it("has the jurisdiction for the database, the bucket and Durable Objects", () => {
    expect([...cloudflare.account.jurisdictions]).toEqual([
      ["deepgram-catalogue", "eu"],
      ["deepgram-transcripts", "eu"],
    ]);
    expect(bindings()).toContainEqual(
      expect.objectContaining({ type: "r2_bucket", jurisdiction: "eu" }),
    );
    expect(bindings()).toContainEqual(
      expect.objectContaining({ name: "JURISDICTION", text: "eu" }),
    );
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

  it("can be run again without secrets and jurisdiction, keeps both, rules and data", async () => {
    const { account } = cloudflare;
    const rules = structuredClone(account.lifecycle);
    const database = account.databases.get("deepgram-catalogue");
    database?.exec("INSERT INTO deletions VALUES ('kept', '2026-11-02T09:00:00.000Z')");
    account.changes.length = 0;
    const { status, stdout, stderr } = await deploy(...atAddress);
    expect([status, stderr]).toEqual([0, ""]);
    expect(account.lifecycle).toEqual(rules);
    expect(account.workers.get(WORKER)?.secrets).toEqual(SECRETS);
    expect(bindings()).toContainEqual(
      expect.objectContaining({ type: "r2_bucket", jurisdiction: "eu" }),
    );
    expect(bindings()).toContainEqual(
      expect.objectContaining({ name: "JURISDICTION", text: "eu" }),
    );
    expect(database?.prepare("SELECT * FROM deletions").all()).toHaveLength(1);
    const created = account.changes.filter((change) =>
      /^POST \/(d1|r2|queues|storage)/.test(change),
    );
    expect(created.filter((change) => !/\/(query|consumers)$/.test(change))).toEqual([]);
    expect(stdout).toContain(`npm run smoke -- ${ADDRESS} --credentials user:password`);
  });
});

describe("npm run deploy, with a program in the place of wrangler", TIMEOUT, () => {
  const log = join(folder, "calls");

  /** Answers as wrangler does to `secret list` and `d1 list`; `body` handles the rest, by `$*`. */
  function standIn(body: string): NodeJS.ProcessEnv {
    const file = join(folder, "wrangler");
    const catalogue =
      '[{"name":"deepgram-catalogue","uuid":"00000000-0000-4000-8000-000000000000"}]';
    writeFileSync(
      file,
      `#!/bin/sh\necho "$*" >> ${log}\ncase "$*" in\n  secret*) echo '[]';;\n  "d1 list"*) echo '${catalogue}';;\n${body}\nesac\n`,
    );
    chmodSync(file, 0o755);
    writeFileSync(log, "");
    return { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, TMPDIR: folder };
  }

  const flags = ["--secrets-file", secretsFile, ...atAddress, "--skip-smoke"];

  const deploy = (env: NodeJS.ProcessEnv, ...more: string[]) =>
    runCommand("deploy", [...flags, ...more], env as Record<string, string>);

  it("leaves no secrets behind when it is interrupted", async () => {
    const env = standIn("  deploy*) exec sleep 60;;");
    const child = spawn(process.execPath, ["src/commands/deploy.ts", ...flags], {
      env,
      stdio: "ignore",
    });
    const closed = once(child, "close");
    await eventually(
      () => readFileSync(log, "utf8"),
      (calls) => calls.includes("\ndeploy "),
      50_000,
    );
    expect(left(child.pid)).toHaveLength(2);
    child.kill("SIGINT");
    await closed;
    expect(left(child.pid)).toEqual([]);
    expect(child.exitCode).toBe(1);
  });

  it("deploys nothing when the database cannot be migrated, and says what was done", async () => {
    const env = standIn('  "d1 migrations"*) echo "[code: 10000]" >&2; exit 1;;');
    const { status, stderr } = await deploy(env);
    expect([status, stderr]).toEqual([1, expect.stringContaining("d1 migrations apply failed")]);
    expect(stderr.slice(stderr.lastIndexOf("[code"))).toContain("Account > D1 > Edit");
    expect(stderr).toContain("Done before: nothing. Broken off in: Database.\n");
    expect(readFileSync(log, "utf8")).not.toMatch(/^deploy/m);
  });

  it("touches nothing when a setting is wrong, or the environment is not there", async () => {
    const env = standIn("");
    const wrong = await deploy(env, "--var", "TRANSLATOR:deepl");
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      expect.stringContaining("Nothing was touched. This is wrong:\nDEEPL_API_KEY: not set"),
    ]);
    const unknown = await deploy(env, "--env", "stage");
    expect(unknown.stderr).toBe(
      "--env stage is not in wrangler.toml; there are production, staging.\n",
    );
    expect(readFileSync(log, "utf8").split("\n").sort()).toEqual([
      "",
      "d1 list --json --env ",
      "secret list --env ",
    ]);
  });
});
