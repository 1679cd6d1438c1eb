const isTerminal = process.stdout.isTTY;

export const heading = (text: string) =>
  console.log(isTerminal ? `\n\x1b[1m${text}\x1b[0m` : `\n## ${text}`);

export const note = (text: string) => console.log(`   ${text}`);

/** Prints rows under the first one; every column but the first is aligned to the right. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  console.log();
  for (const [index, row] of rows.entries()) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths?.[column] ?? 0) : cell.padStart(widths?.[column] ?? 0),
    );
    console.log(`   ${cells.join("   ")}`.trimEnd());
    if (index === 0) console.log(`   ${widths?.map((width) => "-".repeat(width)).join("   ")}`);
  }
  console.log();
}

/** Says whether something that must hold does; if not, the process will end with 1. */
export function must(holds: boolean, text: string): void {
  console.log(`   ${holds ? "ok  " : "FAIL"} ${text}`);
  if (!holds) process.exitCode = 1;
}

export const inMb = (bytes: number, digits = 0) => `${(bytes / 1e6).toFixed(digits)} MB`;

export const inMs = (ms: number) => (ms < 100 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`);

/** A target, and whether the figure is within it. */
export const target = (isMet: boolean, text: string) =>
  note(`target ${text}: ${isMet ? "met" : "MISSED"}`);
