import { clock } from "../../../lib/times.ts";
import { cutAtWord } from "../../../transcript/captions/break-units.ts";
import { escapeHtml, languageOf } from "../../../transcript/formats/html.ts";
import { paragraphs } from "../../../transcript/formats/paragraphs.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import type { SegmentSource } from "../../../transcript/segments/segment.ts";

/** Of a transcript, in UTF-8; what comes after is only at the link. */
export const MAX_EMAIL_TRANSCRIPT_BYTES = 262_144;

/** Its time, name, and the lines between. */
const TURN_OVERHEAD_BYTES = 40;

/** What one speaker says in one go, in one language. */
export type Turn = {
  /** Seconds. */
  start: number;
  /** Null where speakers cannot be told apart. */
  speaker: string | null;
  /** As Deepgram gives it, or null where it is not known. */
  language: string | null;
  text: string;
};

/** The part of a transcript that an e-mail shows. */
export type TranscriptPart = {
  turns: Turn[];
  /** Whether it is all of it. */
  complete: boolean;
};

/**
 * Reads a transcript as far as an e-mail shows it, and little further. A longer one is cut at a word,
 * with an ellipsis.
 */
export async function firstPart(
  segments: SegmentSource,
  maxBytes = MAX_EMAIL_TRANSCRIPT_BYTES,
): Promise<TranscriptPart> {
  const turns: Turn[] = [];
  let room = maxBytes;
  for await (const { segment, voice: speaker, text, separator } of paragraphs(segments)) {
    const { start, language } = segment;
    const last = separator === null || turns.at(-1)?.language !== language ? null : turns.at(-1);
    room -= last == null ? TURN_OVERHEAD_BYTES : 1;
    const kept = bytesOf(text) <= room ? text : startOf(text, room);
    if (last != null) last.text += `${separator}${kept}`;
    else if (kept !== "") turns.push({ start, speaker, language, text: kept });
    if (kept !== text) return { turns, complete: false };
    room -= bytesOf(text);
  }
  return { turns, complete: true };
}

const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).length;

const ELLIPSIS = "…";
/** Enough for the word at the cut to be seen whole. */
const AROUND_THE_CUT_CHARS = 200;

/** The start of a clean text, of at most `maxBytes` with its ellipsis; empty when nothing fits. */
function startOf(text: string, maxBytes: number): string {
  const room = Math.max(0, maxBytes - bytesOf(ELLIPSIS));
  const { read } = encoder.encodeInto(text, new Uint8Array(room));
  const from = Math.max(0, read - AROUND_THE_CUT_CHARS);
  const around = text.slice(from, read + AROUND_THE_CUT_CHARS);
  const kept = cutAtWord(around, (start) => start.length <= read - from);
  const indent = around.length - around.trimStart().length;
  return kept === "" ? "" : text.slice(0, from + indent + kept.length) + ELLIPSIS;
}

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
