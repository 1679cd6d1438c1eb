const HEAD = `# Proof

Written by \`npm run prove\`; not edited by hand. \`npm run prove -- NAME…\` writes single sections.`;

const NOT_PROVED = "(not proved yet)";

/** The sections of a docs/proof.md by the names of their parts, but for those not proved yet. */
export const sectionsOf = (file: string): Map<string, string> =>
  new Map(
    [...file.matchAll(/<!-- (\S+) -->\n([\s\S]*?)\n<!-- end -->/g)]
      .map(([, name = "", text = ""]): [string, string] => [name, text])
      .filter(([, text]) => !text.includes(NOT_PROVED)),
  );

/** docs/proof.md with a section for each of the parts, in their order; one that has none says so. */
export function proofFile(names: readonly string[], sections: ReadonlyMap<string, string>): string {
  const written = names.map((name) => {
    const section = sections.get(name) ?? `## ${name}\n\n${NOT_PROVED}`;
    return `<!-- ${name} -->\n${section}\n<!-- end -->`;
  });
  return `${[HEAD, ...written].join("\n\n")}\n`;
}
