const STARTED_MS = performance.now();

/** Prints a line. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints the head of a step, with the seconds since the start. */
export function step(title: string): void {
  const seconds = ((performance.now() - STARTED_MS) / 1_000).toFixed(1);
  say(`\n[${seconds} s] ${title}`);
}

/** Prints the first lines of a text, indented. */
export function excerpt(text: string, maxLines = 20): void {
  const lines = text.trimEnd().split("\n");
  for (const line of lines.slice(0, maxLines)) say(`  │ ${line}`);
  if (lines.length > maxLines) say(`  │ … ${lines.length - maxLines} lines more`);
}

/** Throws `reason` unless the condition holds. */
export function check(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(reason);
}
