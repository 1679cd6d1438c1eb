import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };

const COMMANDS = [
  ...["deploy", "smoke", "export", "callback-url", "rebuild-catalogue"],
  ...["bench", "prove", "conformance", "fake-deepgram"],
] as const;

/** Runs what `npm run NAME` runs. */
async function run(name: (typeof COMMANDS)[number], ...args: string[]) {
  const [, program = ""] = packageJson.scripts[name].split(" ");
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { status: child.exitCode, stdout, stderr };
}

describe.each(COMMANDS)("npm run %s", (name) => {
  it("answers --help with its usage", async () => {
    const { status, stdout, stderr } = await run(name, "--help");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`npm run ${name}|fake-deepgram/cli\\.ts`));
  });

  it("refuses an unknown flag before it does anything", async () => {
    const { status, stdout, stderr } = await run(name, "--no-such-flag");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--no-such-flag");
  });
});
