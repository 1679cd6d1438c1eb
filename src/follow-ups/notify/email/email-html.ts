import { clock } from "../../../lib/times.ts";
import { escapeHtml, languageOf } from "../../../transcript/formats/html.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import type { TranscriptPart, Turn } from "./first-part.ts";

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";
const SMALL = "font-size:13px;color:#6b7280";

/**
 * An e-mail as an HTML document that loads nothing and works without style sheets. Speech carries its
 * language and direction.
 */
export function emailHtml({ heading, link, footnote, ...draft }: EmailDraft): string {
  const body = [
    `<h1 dir="${directionOf(heading)}" style="font-size:22px;line-height:1.3;margin:0 0 16px">${escaped(heading)}</h1>`,
    ...draft.paragraphs.map(paragraph),
    ...(draft.rows.length === 0 ? [] : [table(draft.rows)]),
    ...(draft.summary === null ? [] : [subheading("Summary"), paragraph(draft.summary)]),
    ...transcript(draft.part, link.url),
    `<p style="margin:24px 0"><strong>${anchor(link.label, link.url)}</strong></p>`,
    `<p style="${SMALL};margin:24px 0 0">${escaped(footnote)}</p>`,
  ];
  return [
    '<!doctype html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(heading)}</title>\n</head>`,
    `<body style="margin:0;padding:24px;${FONT};font-size:16px;line-height:1.5">`,
    `<div style="max-width:640px;margin:0 auto">\n${body.join("\n")}\n</div>`,
    "</body>\n</html>\n",
  ].join("\n");
}

function transcript(part: EmailDraft["part"], url: string): string[] {
  if (part === null || part.turns.length === 0) return [];
  const rest = `<p><em>${REST_AT_LINK} ${anchor(url, url)}</em></p>`;
  return [subheading("Transcript"), ...part.turns.map(spoken), ...(part.complete ? [] : [rest])];
}

function spoken({ start, speaker, language, text }: Turn): string {
  const name = speaker === null ? "" : ` · ${escaped(speaker)}`;
  const { lang, dir } = languageOf(text, language);
  return (
    `<p style="margin:0;${SMALL}">${clock(start)}${name}</p>\n` +
    `<p lang="${escapeHtml(lang)}" dir="${dir}" style="margin:0 0 12px">${escaped(text)}</p>`
  );
}

const subheading = (text: string): string =>
  `<h2 style="font-size:17px;margin:24px 0 8px">${escaped(text)}</h2>`;

const paragraph = (text: string): string =>
  `<p dir="${directionOf(text)}" style="margin:0 0 12px">${escaped(text)}</p>`;

function table(rows: EmailDraft["rows"]): string {
  const lines = rows.map(
    ([name, value]) =>
      `<tr><th scope="row" style="text-align:left;font-weight:normal;padding:0 16px 4px 0;${SMALL}">` +
      `${escaped(name)}</th><td style="padding:0 0 4px">${escaped(value)}</td></tr>`,
  );
  return `<table style="border-collapse:collapse;margin:0 0 16px">${lines.join("")}</table>`;
}

/** Nothing but http and https becomes a link. */
function anchor(label: string, url: string): string {
  const isLink = /^https?:\/\//i.test(url);
  return isLink ? `<a href="${escapeHtml(url)}">${escaped(label)}</a>` : escaped(url);
}

const directionOf = (text: string): string => languageOf(text, null).dir;

const escaped = (text: string): string => escapeHtml(cleanText(text));

/** What an e-mail says, before it is text or HTML. All texts are plain and come from anywhere. */
export type EmailDraft = {
  subject: string;
  heading: string;
  paragraphs: string[];
  /** Names and values. */
  rows: [name: string, value: string][];
  summary: string | null;
  part: TranscriptPart | null;
  link: { label: string; url: string };
  footnote: string;
};

/** What stands under a transcript that was cut. */
export const REST_AT_LINK = "This is only the beginning; the rest is at";
