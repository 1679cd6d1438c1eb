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

/** What runs in Node instead of workerd. */
const IN_NODE = {
  quick: [
    "test/check.test.ts",
    "test/{fake-deepgram,unit/docs}/**/*.test.ts",
    "test/unit/config/limits.test.ts",
  ],
  /** It starts processes or a browser. */
  slow: ["test/{conformance,e2e,proof/prove}/**/*.test.ts"],
};

/** What takes a minute or more: with `npm run test:full` alone. */
const ONLY_IN_FULL = ["test/e2e/{any-size,export,move,rebuild-catalogue,rotation}.test.ts"];

/** What runs in workerd and plays many cases. */
const SLOW = ["test/proof/**/*.test.ts"];

/** It counts every log line: a message that another test leaves in the queue would add some. */
const COST = "test/proof/cost/cost.test.ts";

// Wrangler says for each Worker of the pool which file it reads, and that AI costs money.
process.env.WRANGLER_LOG ??= "error";
quietRuntime();

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
        // A thousand requests take a busy machine longer than the ten seconds of wrangler.toml.
        ratelimits: {
          API_RATE_LIMIT: { namespace_id: "1001", simple: { limit: 20, period: 60 } },
        },
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
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/workerd-setup.ts"],
    // A Worker takes more than a second to start; what a test has stored is removed after it.
    isolate: false,
    // A test is not to fail because the machine is busy.
    testTimeout: 180_000,
    // What a long form has stored takes its time to be removed.
    hookTimeout: 60_000,
  },
});

const migrations = await readD1Migrations(`${root}/src/catalogue/migrations`);

export default defineConfig(({ mode }): ViteUserConfig => {
  /** `npm test` (--mode quick) and `npm run test:slow` (--mode slow) run one part each. */
  const part = (quick: string[], slow: string[]) => [
    ...(mode === "slow" ? [] : quick),
    ...(mode === "quick" ? [] : slow),
  ];
  const inNode = [...IN_NODE.quick, ...IN_NODE.slow];
  if (mode !== "quick" && notHere !== null) {
    console.warn(`The pages are not tried in a browser: ${notHere}.`);
  }
  return {
    root,
    test: {
      // Failures and the summary.
      reporters: ["minimal"],
      silent: "passed-only",
      slowTestThreshold: 10_000,
      // More than the cores there are: many tests wait for a clock. Slow ones start processes besides.
      maxWorkers: mode === "quick" ? 4 : 3,
      // `npm run test:full` (--mode all) runs everything in full, and `npm run prove` the longest form of what
      // it proves by tests.
      provide: {
        isQuick: mode === "quick",
        isFull: mode === "all",
        isLong: process.env.PROVE === "long",
      },
      projects: [
        workerd("workerd", migrations, part(["test/**/*.test.ts"], SLOW), [
          ...inNode,
          COST,
          ...(mode === "quick" ? SLOW : []),
        ]),
        workerd("cost", migrations, part([], [COST]), []),
        {
          root,
          test: {
            name: "node",
            // What tests start prints as it does for people.
            env: { WRANGLER_LOG: "log" },
            include: part(IN_NODE.quick, IN_NODE.slow),
            exclude: mode === "slow" ? ONLY_IN_FULL : [],
            isolate: false,
            testTimeout: 180_000,
            hookTimeout: 180_000,
          },
        },
      ],
    },
  };
});
