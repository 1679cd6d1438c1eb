import type { DeepgramError, Facts } from "../../../deepgram/callback.ts";
import { clock, languageInWords, lengthInWords } from "../../../lib/times.ts";
import { cutAtWord } from "../../../transcript/captions/break-units.ts";
import { sentimentInWords } from "../../../transcript/insights/insight-formats.ts";
import type { Insights } from "../../../transcript/insights/insights.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import type { SegmentSource } from "../../../transcript/segments/segment.ts";
import {
  type EmailDraft,
  emailHtml,
  firstPart,
  REST_AT_LINK,
  type TranscriptPart,
  type Turn,
} from "./email-html.ts";

export type EmailContent = { subject: string; text: string; html: string };

/** What an e-mail tells of. Times are ISO 8601; segments are read only as far as they are shown. */
export type EmailNews = {
  requestId: string;
  /** What the client would call the recording; null without such a name. */
  title: string | null;
  /** Where all of it is. */
  link: string;
} & (
  | {
      event: "transcript.received";
      facts: Facts;
      receivedAt: string;
      /** Null when none was asked for. */
      summary: string | null;
      segments: SegmentSource;
    }
  | { event: "text.received"; facts: Facts; receivedAt: string; insights: Insights }
  | { event: "transcript.failed"; facts: Facts; receivedAt: string }
  | { event: "transcript.overdue"; dueAt: string }
);

/** Deepgram's are a few sentences. */
const MAX_SUMMARY_CHARS = 10_000;
/** Topics, and intents, in an e-mail. */
const MAX_LISTED = 20;

const summaryOf = (summary: string): string => summary.slice(0, MAX_SUMMARY_CHARS).toWellFormed();

type News<Event extends EmailNews["event"]> = Extract<EmailNews, { event: Event }>;

/** Writes the e-mail for an event. The same news gives the same e-mail, to the byte. */
export async function composeEmail(news: EmailNews): Promise<EmailContent> {
  const title = news.title === null ? null : subjectLine(news.title) || null;
  const draft = await draftOf({ ...news, title });
  return {
    subject: subjectLine(draft.subject),
    text: emailText(draft),
    html: emailHtml(draft),
  };
}

function draftOf(news: EmailNews): EmailDraft | Promise<EmailDraft> {
  switch (news.event) {
    case "transcript.received":
      return received(news);
    case "text.received":
      return analysed(news);
    case "transcript.failed":
      return failed(news);
    case "transcript.overdue":
      return overdue(news);
  }
}

async function received(news: News<"transcript.received">): Promise<EmailDraft> {
  const part = await firstPart(news.segments);
  return {
    subject: `Transcript ready: ${nameOf(news, news.receivedAt)}`,
    heading: news.title ?? "Your transcript is ready",
    paragraphs: part.turns.length === 0 ? ["No speech was found in this recording."] : [],
    rows: [...rowsOf(news.facts, news.receivedAt), ...speakersRow(part)],
    summary: news.summary === null ? null : summaryOf(news.summary),
    part,
    link: { label: "Open the transcript", url: news.link },
    footnote: footnoteOf(news),
  };
}

function analysed(news: News<"text.received">): EmailDraft {
  const { summary, topics, intents, sentiment } = news.insights;
  const isEmpty = summary === null && topics.length + intents.length === 0 && sentiment === null;
  return {
    subject: `Text analysis ready: ${news.title ?? `text of ${momentInWords(news.receivedAt)}`}`,
    heading: news.title ?? "Your text analysis is ready",
    paragraphs: isEmpty ? ["Deepgram found nothing in this text."] : [],
    rows: [
      ...rowsOf(news.facts, news.receivedAt),
      ...row("Topics", listed(topics)),
      ...row("Intents", listed(intents)),
      ...row("Sentiment", sentiment === null ? "" : sentimentInWords(sentiment)),
    ],
    summary: summary === null ? null : summaryOf(summary),
    part: null,
    link: { label: "Open the result", url: news.link },
    footnote: footnoteOf(news),
  };
}

/** The first values, one after another on one line. */
const listed = (values: readonly string[]): string =>
  cleanText(
    [...values.slice(0, MAX_LISTED), ...(values.length > MAX_LISTED ? ["…"] : [])].join(", "),
  );

function failed(news: News<"transcript.failed">): EmailDraft {
  const { what, advice, quoted } = aboutFailure(news.facts.error);
  return {
    subject: `Transcription failed: ${nameOf(news, news.receivedAt)}`,
    heading: news.title ?? "A recording could not be transcribed",
    paragraphs: [what, advice, ...(quoted === null ? [] : [`Deepgram's own words: ${quoted}`])],
    rows: rowsOf(news.facts, news.receivedAt),
    summary: null,
    part: null,
    link: { label: "See the request", url: news.link },
    footnote: footnoteOf(news),
  };
}

function overdue(news: News<"transcript.overdue">): EmailDraft {
  const due = momentInWords(news.dueAt);
  return {
    subject: `Transcript overdue: ${news.title ?? `expected by ${due}`}`,
    heading: news.title ?? "A transcript is overdue",
    paragraphs: [
      `The transcript expected by ${due} has not come. Deepgram tries to deliver one for about five minutes and then gives up, so it may not come by itself any more.`,
      "If the recording still exists, submit it again. If the transcript arrives after all, you will get another message.",
    ],
    rows: [],
    summary: null,
    part: null,
    link: { label: "See the request", url: news.link },
    footnote: footnoteOf(news),
  };
}

const nameOf = ({ title }: { title: string | null }, receivedAt: string): string =>
  title ?? `recording of ${momentInWords(receivedAt)}`;

const footnoteOf = ({ requestId }: { requestId: string }): string =>
  `Deepgram request ${requestId}`;

function rowsOf(facts: Facts, receivedAt: string): EmailDraft["rows"] {
  const { duration, languages, tags } = facts;
  return [
    ["Received", momentInWords(receivedAt)],
    ...row("Length", duration === null ? "" : lengthInWords(duration)),
    ...row(
      languages.length > 1 ? "Languages" : "Language",
      languages.map(languageInWords).join(", "),
    ),
    ...row("Tags", subjectLine(tags.join(", "))),
  ];
}

/** Counted in what is shown: of a longer transcript there may be more. */
function speakersRow({ turns, complete }: TranscriptPart): EmailDraft["rows"] {
  const speakers = new Set(turns.flatMap(({ speaker }) => speaker ?? []));
  return row(
    "Speakers",
    speakers.size === 0 ? "" : `${complete ? "" : "at least "}${speakers.size}`,
  );
}

const row = (name: string, value: string): EmailDraft["rows"] =>
  value === "" ? [] : [[name, value]];

/** An e-mail as plain text, lines ended by LF. */
function emailText(draft: EmailDraft): string {
  const { heading, paragraphs, rows, summary, part, link, footnote } = draft;
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

const turnText = ({ start, speaker, text }: Turn): string =>
  `[${clock(start)}]${speaker === null ? "" : ` ${speaker}:`} ${text}`;

const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** An ISO 8601 time such as `23 November 2026, 23:59 UTC`; what is no time stays as it is. */
export function momentInWords(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const parts = new Map(MOMENT.formatToParts(date).map(({ type, value }) => [type, value]));
  const [day, month, year] = [parts.get("day"), parts.get("month"), parts.get("year")];
  return `${day} ${month} ${year}, ${parts.get("hour")}:${parts.get("minute")} UTC`;
}

/** Encoded for the wire (RFC 2047), any text of this length stays below 998 (RFC 5322, 2.1.1). */
const MAX_SUBJECT_CHARS = 150;
const DIRECTION_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text as it may stand in a header field: one line without control characters, nothing in it that
 * a reader takes for an encoded word (RFC 2047) or that turns its direction, at most 150 UTF-16 units.
 * Characters outside ASCII are encoded by the sender of the message.
 */
export function subjectLine(text: string): string {
  const source = text.slice(0, 10 * MAX_SUBJECT_CHARS);
  const line = cleanText(source.replace(DIRECTION_CONTROLS, "").replaceAll("=?", "= ?"));
  if (line.length <= MAX_SUBJECT_CHARS) return line;
  return `${cutAtWord(line, (start) => start.length < MAX_SUBJECT_CHARS)}…`;
}

type Explanation = { what: string; advice: string };

/** Matched against code, message and details, in this order. */
const KNOWN: [RegExp, Explanation][] = [
  [
    /REMOTE_CONTENT|could not (?:be )?(?:fetch|download|retriev)|failed to (?:fetch|download|retriev)/i,
    {
      what: "Deepgram could not fetch the recording from the address it was given.",
      advice: "Check that the address is public and still valid, then submit the recording again.",
    },
  ],
  [
    /PAYLOAD_TOO_LARGE|too large|exceeds? .*(?:size|limit)/i,
    {
      what: "The recording is larger than Deepgram takes.",
      advice: "Split it or compress it, for example to Opus or MP3, and submit it again.",
    },
  ],
  [
    /PAYMENT|insufficient (?:credit|funds)|out of credit/i,
    {
      what: "The Deepgram account has no credit left.",
      advice: "Add credit to the account, then submit the recording again.",
    },
  ],
  [
    /INVALID_AUTH|INSUFFICIENT_PERMISSIONS|FORBIDDEN|unauthori[sz]ed|permission/i,
    {
      what: "Deepgram did not accept the credentials of the request, or they do not allow it.",
      advice: "Check the API key and its permissions, then submit the recording again.",
    },
  ],
  [
    /INVALID_AUDIO|corrupt|unsupported|could be decoded|decod(?:e|ing)|container|codec|no audio/i,
    {
      what: "Deepgram could not read the audio: the file is damaged, cut off, or in a format it does not know.",
      advice: "Play the file to check it, save it as WAV, FLAC or MP3, and submit it again.",
    },
  ],
  [
    /TOO_MANY_REQUESTS|RATE.?LIMIT|TIMEOUT|timed out|INTERNAL|UNAVAILABLE|overloaded|\b5\d\d\b/i,
    {
      what: "Deepgram was too busy or had a fault of its own.",
      advice: "Submit the recording again; nothing is wrong with it.",
    },
  ],
];

const UNKNOWN: Explanation = {
  what: "Deepgram could not transcribe this recording.",
  advice: "Submit it again. If it fails again, give Deepgram's support the request id below.",
};

/** Why a transcription failed and what to do, in plain words, and what Deepgram said itself. */
function aboutFailure(error: DeepgramError | null): Explanation & { quoted: string | null } {
  const said = [error?.message, error?.details].filter((words) => words != null);
  const all = [error?.code, ...said].filter((words) => words != null).join("\n");
  const known = KNOWN.find(([pattern]) => pattern.test(all))?.[1] ?? UNKNOWN;
  const code = error?.code == null ? "" : `(${error.code})`;
  return { ...known, quoted: [...said, code].filter((words) => words !== "").join(" ") || null };
}
