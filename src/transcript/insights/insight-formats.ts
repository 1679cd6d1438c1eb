import { escapeHtml, HTML_FOOT, htmlHead } from "../formats/html.ts";
import { mdText } from "../formats/paragraphs.ts";
import { cleanText } from "../segments/clean-text.ts";
import type { Insights } from "./insights.ts";

/** A heading, what stands below it in one paragraph, and a list. Every text is clean: one line. */
type Section = { heading: string; text: string | null; items: string[] };

/** How a text result (`/v1/read`) is written in a format. */
export type InsightsFormat = (insights: Insights, title: string) => string;

/** Plain text: headings on lines of their own. Empty when nothing was found. */
export const insightsTxt: InsightsFormat = (insights) =>
  sectionsOf(insights)
    .map(({ heading, text, items }) => `${[heading, ...lineOf(text), ...items].join("\n")}\n`)
    .join("\n");

/** Markdown (CommonMark). Nothing that was found becomes markup. Empty when nothing was found. */
export const insightsMd: InsightsFormat = (insights) =>
  sectionsOf(insights)
    .map(({ heading, text, items }) => {
      const list = items.map((item) => `- ${mdLine(item)}`).join("\n");
      const blocks = [`## ${heading}`, ...lineOf(text).map(mdLine), ...(list ? [list] : [])];
      return `${blocks.join("\n\n")}\n`;
    })
    .join("\n");

/** An HTML document, to be sent with `HTML_CSP`. */
export const insightsHtml: InsightsFormat = (insights, title) => {
  const sections = sectionsOf(insights).map(({ heading, text, items }) =>
    [
      `<section>\n<h2>${heading}</h2>`,
      ...lineOf(text).map((line) => `<p dir="auto">${escapeHtml(line)}</p>`),
      ...(items.length > 0 ? [`<ul>\n${items.map(listItem).join("\n")}\n</ul>`] : []),
      "</section>\n",
    ].join("\n"),
  );
  const body = sections.length > 0 ? sections.join("") : "<p>Nothing was found.</p>\n";
  return htmlHead(title) + body + HTML_FOOT;
};

const listItem = (item: string): string => `<li dir="auto">${escapeHtml(item)}</li>`;

const lineOf = (text: string | null): string[] => (text === null ? [] : [text]);

function sectionsOf(insights: Insights): Section[] {
  const { summary, topics, intents, sentiment, feelings } = insights;
  const sections: Section[] = [
    { heading: "Summary", text: summary, items: [] },
    { heading: "Topics", text: null, items: topics },
    { heading: "Intents", text: null, items: intents },
    {
      heading: "Sentiment",
      text: sentiment && sentimentInWords(sentiment),
      items: feelings.map(({ text, sentiment: name }) => `${name}: ${text}`),
    },
  ];
  return sections
    .map(({ heading, text, items }) => ({
      heading,
      text: cleanText(text ?? "") || null,
      items: items.map(cleanText).filter((item) => item !== ""),
    }))
    .filter(({ text, items }) => text !== null || items.length > 0);
}

/** Such as `positive (0.36 of −1 to 1)`. */
export const sentimentInWords = ({ name, score }: NonNullable<Insights["sentiment"]>): string =>
  score === null ? name : `${name} (${score.toFixed(2)} of −1 to 1)`;

/** What would begin a heading, a list or a rule at the start of a line has a backslash before it. */
const mdLine = (text: string): string =>
  mdText(text)
    .replace(/^[#+=-]/, "\\$&")
    .replace(/^(\d{1,9})([.)])/, "$1\\$2");
