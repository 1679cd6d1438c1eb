import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

// The API document, which the Worker serves as an asset.
execFileSync(process.execPath, ["src/commands/openapi.ts"], { cwd: root, stdio: "inherit" });

/** What needs processes, files or a browser. */
const IN_NODE = ["test/{docs,e2e,fake-deepgram,prove,conformance,commands}/**/*.test.ts"];

/** What needs no storage: it runs in workerd too, without making any. */
const PURE = [
  "test/{config,deepgram,json,render,search,segments,slice,support}/**/*.test.ts",
  "test/http/negotiate.test.ts",
  "test/jobs/job.test.ts",
];

export default defineConfig({
  root,
  test: {
    silent: "passed-only",
    maxWorkers: 2,
    // `npm run prove` asks for the long form of what takes long.
    provide: { isLong: process.env.PROVE === "long" },
    projects: [
      {
        root,
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
                MIGRATIONS: await readD1Migrations(`${root}/src/catalogue/migrations`),
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: [...IN_NODE, ...PURE],
          globalSetup: ["test/global-setup.ts"],
          setupFiles: ["test/support/workerd-setup.ts"],
          // A test is not to fail because the machine is busy.
          testTimeout: 20_000,
          // What a long form has stored takes its time to be removed.
          hookTimeout: 60_000,
        },
      },
      {
        root,
        plugins: [
          cloudflareTest({ miniflare: { compatibilityDate: "2026-10-23" }, remoteBindings: false }),
        ],
        test: { name: "pure", include: PURE, isolate: false, testTimeout: 20_000 },
      },
      {
        root,
        test: { name: "node", include: IN_NODE, testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
