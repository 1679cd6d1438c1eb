import type { Finding } from "./smoke/smoke.ts";

/**
 * Reads the command line of a command. `--help` prints its usage and ends it with 0. What `read` throws
 * (an unknown flag, a missing value) is printed with the usage and ends it with 2. Either way nothing has
 * been done.
 */
export function commandLine<Options>(usage: string, read: () => Options): Options {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage.trim());
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage.trim()}`);
    process.exit(2);
  }
}

/** Prints findings as they come; whether none of them is bad, and there was any. */
export async function printFindings(findings: AsyncIterable<Finding>): Promise<boolean> {
  let [good, bad] = [0, 0];
  for await (const { ok, what, hints = [] } of findings) {
    if (ok === true) good += 1;
    if (ok === false) bad += 1;
    console.log(`${ok === null ? "  - " : ok ? " ok " : "BAD "} ${what}`);
    for (const hint of hints) console.log(`     ${hint}`);
  }
  return bad === 0 && good > 0;
}
