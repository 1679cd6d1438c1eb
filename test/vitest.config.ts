import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { notHere } from "./e2e/chromium.ts";
import { quietRuntime } from "./support/quiet-runtime.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

// The API document, which the Worker serves as an asset.
execFileSync(process.execPath, ["src/commands/openapi.ts"], { cwd: root, stdio: "inherit" });

/** 64 KiB of padding make a body large enough for R2 to be written while it comes. */
const TEST_MAX_HELD_BYTES = "65536";

/** What needs processes, files or a browser. */
const IN_NODE = ["test/{docs,e2e,fake-deepgram,prove,conformance,commands}/**/*.test.ts"];

/** What starts a Worker of its own, or several, or is measured in tens of seconds: `npm run test:all`. */
const ONLY_IN_FULL = ["test/e2e/{any-size,export,move,rebuild-catalogue,rotation}.test.ts"];

/** What needs no storage: it runs in workerd too, without making any. */
const PURE = [
  "test/{config,deepgram,json,render,search,segments,slice,support}/**/*.test.ts",
  "test/http/negotiate.test.ts",
  "test/jobs/job.test.ts",
];

/** It counts every log line: a message that another test left in the queue would add some. */
const COST = "test/cost/cost.test.ts";

// Wrangler says for each Worker of the pool which file it reads, and that AI costs money.
process.env.WRANGLER_LOG ??= "error";
quietRuntime();

if (notHere !== null) console.warn(`The pages are not tried in a browser: ${notHere}.`);

/** Tests of the Worker with its bindings, all in one Worker. */
const workerd = (
  name: string,
  MIGRATIONS: Awaited<ReturnType<typeof readD1Migrations>>,
  include: string[],
  exclude: string[],
) => ({
  root,
  define: { TEST_MAX_HELD_BYTES },
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      remoteBindings: false,
      miniflare: {
        bindings: {
          ENVIRONMENT: "local",
          CALLBACK_CREDENTIALS: "deepgram:first-password next:second:password",
          CALLBACK_SECRETS: "first-secret second-secret",
          API_TOKENS: "reader:read:read-token operator:read+submit+admin:admin-token",
          // Whom the tests' requests name: the others are refused.
          RECIPIENTS: "example.com +1555",
          MIGRATIONS,
        },
      },
    }),
  ],
  test: {
    name,
    include,
    exclude,
    globalSetup: ["test/global-setup.ts"],
    setupFiles: ["test/support/workerd-setup.ts"],
    // A Worker takes more than a second to start; what a test has stored is removed after it.
    isolate: false,
    // A test is not to fail because the machine is busy.
    testTimeout: 20_000,
    // What a long form has stored takes its time to be removed.
    hookTimeout: 60_000,
  },
});

const migrations = await readD1Migrations(`${root}/src/catalogue/migrations`);

export default defineConfig(
  ({ mode }): ViteUserConfig => ({
    root,
    test: {
      silent: "passed-only",
      slowTestThreshold: 10_000,
      // More than the cores there are: many tests wait for a clock.
      maxWorkers: 3,
      // `npm test` runs what is quick, `npm run test:all` (--mode all) everything, and `npm run prove` the
      // longest form of what it proves by tests.
      provide: { isFull: mode === "all", isLong: process.env.PROVE === "long" },
      projects: [
        workerd("workerd", migrations, ["test/**/*.test.ts"], [...IN_NODE, ...PURE, COST]),
        workerd("cost", migrations, [COST], []),
        {
          root,
          plugins: [
            cloudflareTest({
              miniflare: { compatibilityDate: "2026-10-23" },
              remoteBindings: false,
            }),
          ],
          test: { name: "pure", include: PURE, isolate: false, testTimeout: 20_000 },
        },
        {
          root,
          test: {
            name: "node",
            // What tests start prints as it does for people.
            env: { WRANGLER_LOG: "log" },
            include: IN_NODE,
            exclude: mode === "all" ? [] : ONLY_IN_FULL,
            isolate: false,
            testTimeout: 60_000,
            hookTimeout: 180_000,
          },
        },
      ],
    },
  }),
);
