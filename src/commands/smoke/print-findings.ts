import type { Finding } from "./smoke.ts";

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
