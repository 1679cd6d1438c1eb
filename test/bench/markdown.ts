/** Prints a table in Markdown, all but its first column aligned to the right. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
  console.log();
  line(head);
  console.log(`|---|${"---:|".repeat(head.length - 1)}`);
  for (const row of rows) line(row);
  console.log();
}
