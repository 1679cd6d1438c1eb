import { clock } from "../../../transcript/formats/clock.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import type { Turn } from "./first-part.ts";
import { type Letter, REST_AT_LINK } from "./letter.ts";

/** A letter as plain text, lines ended by LF. */
export function letterText(letter: Letter): string {
  const { heading, paragraphs, rows, summary, part, link, footnote } = letter;
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
  const blocks = [
    cleanText(heading),
    ...paragraphs.map(cleanText),
    rows.map(([name, value]) => `${`${name}:`.padEnd(width)}${cleanText(value)}`).join("\n"),
    ...(summary === null ? [] : [`Summary\n${cleanText(summary)}`]),
    ...(part?.turns ?? []).map(turnText),
    ...(part?.complete === false ? [`${REST_AT_LINK}\n${link.url}`] : []),
    `${link.label}:\n${link.url}`,
    `--\n${footnote}`,
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

const turnText = ({ start, voice, text }: Turn): string =>
  `[${clock(start)}]${voice === null ? "" : ` ${voice}:`} ${text}`;
