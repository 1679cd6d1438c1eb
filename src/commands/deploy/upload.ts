import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { experimental_readRawConfig } from "wrangler";
import * as z from "zod";
import { type DeployOptions, targetOf } from "./options.ts";
import { wrangler } from "./wrangler.ts";

type Uploaded = {
  /** Secrets by their names: they go up with the version, so that none is ever live without them. */
  given: Record<string, string>;
  /** Ids of databases by their names. */
  databases: Record<string, string>;
};

/** Runs `wrangler deploy`. Gives the id of the version, where it tells. */
export async function upload(
  { environment, config, flags }: DeployOptions,
  { given, databases }: Uploaded,
): Promise<string | null> {
  // For nobody else to read.
  const folder = mkdtempSync(join(tmpdir(), "deploy-"));
  const output = join(folder, "output.ndjson");
  // Paths in it are relative to where it is.
  const pinned = join(dirname(config), `.wrangler.deploy-${process.pid}.json`);
  const brokenBy = signals();
  try {
    const raw = experimental_readRawConfig({ config }).rawConfig;
    writeFileSync(pinned, JSON.stringify(withDatabaseIds(raw, environment, databases)));
    const target = [...targetOf(environment, pinned), ...secretsFlag(folder, given)];
    wrangler(["deploy", ...target, ...flags], { WRANGLER_OUTPUT_FILE_PATH: output });
    return versionOf(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(pinned, { force: true });
    await brokenBy();
  }
}

/** As JSON, in which wrangler replaces nothing. */
function secretsFlag(folder: string, given: Record<string, string>): string[] {
  if (Object.keys(given).length === 0) return [];
  const file = join(folder, "secrets.json");
  writeFileSync(file, JSON.stringify(given), { mode: 0o600 });
  return ["--secrets-file", file];
}

/**
 * An interrupt ends wrangler too; the secrets are still removed. Gives what
 * throws if so: a signal that came while wrangler ran, or before it began, is heard only then.
 */
function signals(): () => Promise<void> {
  let brokenBy = "";
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      brokenBy = signal;
    });
  }
  return async () => {
    await setImmediate();
    if (brokenBy !== "") throw new Error(`It was broken off by ${brokenBy}.`);
  };
}

type Raw = Pick<ReturnType<typeof experimental_readRawConfig>["rawConfig"], "d1_databases"> & {
  env?: Record<string, Raw>;
};

/**
 * The configuration with the ids of databases that have none in it. Without them wrangler asks for the
 * database that the version before had, and gives up when that is gone.
 */
function withDatabaseIds(raw: Raw, environment: string, ids: Record<string, string>): Raw {
  const own = environment === "production" ? raw : raw.env?.[environment];
  for (const database of own?.d1_databases ?? []) {
    database.database_id ??= ids[String(database.database_name)];
  }
  return raw;
}

const deployment = z.object({ type: z.literal("deploy"), version_id: z.string() });

function versionOf(output: string): string | null {
  const lines = existsSync(output) ? readFileSync(output, "utf8").split("\n") : [];
  const found = lines
    .filter((line) => line !== "")
    .map((line) => deployment.safeParse(JSON.parse(line)).data);
  return found.find((entry) => entry !== undefined)?.version_id ?? null;
}
