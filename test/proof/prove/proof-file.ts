const HEAD = `# Proof

The sections are written by \`npm run prove\`, single ones by \`npm run prove -- NAME…\`.`;

const NOT_PROVED = "(not proved yet)";

/** The sections of a docs/proof.md by the names of their parts, but for those not proved yet. */
export const sectionsOf = (file: string): Map<string, string> =>
  new Map(
    [...file.matchAll(/<!-- (\S+) -->\n([\s\S]*?)\n<!-- end -->/g)]
      .map(([, name = "", text = ""]): [string, string] => [name, text])
      .filter(([, text]) => !text.includes(NOT_PROVED)),
  );

/** What stands above the sections: the summary, which people write. */
const headOf = (file: string): string => (file.split("<!-- ")[0] ?? "").trim() || HEAD;

/**
 * docs/proof.md with a section for each of the parts, in their order, under the head of the file `before`;
 * a part that has none says so.
 */
export function proofFile(
  names: readonly string[],
  sections: ReadonlyMap<string, string>,
  before = "",
): string {
  const written = names.map((name) => {
    const section = sections.get(name) ?? `## ${name}\n\n${NOT_PROVED}`;
    return `<!-- ${name} -->\n${section}\n<!-- end -->`;
  });
  return `${[headOf(before), ...written].join("\n\n")}\n`;
}
