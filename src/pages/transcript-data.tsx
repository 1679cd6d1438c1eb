import type { Context } from "hono";
import type { AppEnv } from "../config/config.ts";
import { storageUnavailable } from "../http/problem.ts";
import { languageInWords, lengthInWords } from "../lib/times.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { readNames } from "../store/details.ts";
import type { Names } from "../transcript/formats/speakers.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import type { Hit } from "../transcript/search/passage.ts";
import { search } from "../transcript/search/search.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { counted } from "./components.tsx";
import { fragment } from "./document.tsx";
import type { Beginning, Shown } from "./transcript-parts.ts";
import type { TranscriptView } from "./transcript-view.tsx";
import {
  beginningOf,
  htmlPart,
  type Kept,
  openTranscript,
  pageHtml,
  type Source,
  showingOf,
  shownOf,
  type ViewQuery,
  viewQueryOf,
  withQuery,
} from "./view.ts";

const MAX_HITS_SHOWN = 200;
/** Larger ones are not read from their beginning to show a later moment. */
const MAX_WHOLE_BYTES = 8_000_000;
const MAX_TITLE_CHARS = 80;

/** What `TranscriptView` shows of the transcript itself, and what only its managers see. */
type TranscriptData = {
  view: Pick<
    TranscriptView,
    | "kind"
    | "isLater"
    | "isEmpty"
    | "language"
    | "audio"
    | "audioHint"
    | "insights"
    | "title"
    | "facts"
  > & { find: Omit<TranscriptView["find"], "url"> };
  /** The first segments. */
  segments: Shown[];
  /** The words, made as they are sent. */
  html: AsyncGenerator<string>;
  names: Names;
};

/**
 * Reads what the page of a transcript that has come shows. `audioUrls`: where its audio may be, besides
 * `extra.audio_url`. Throws the answer when it cannot.
 */
export async function transcriptData(
  c: Context<AppEnv>,
  source: Source,
  status: TranscriptStatus,
  path: string,
  audioUrls: readonly (string | null)[],
): Promise<TranscriptData> {
  const wanted = viewQueryOf(c);
  const bucket = c.env.TRANSCRIPTS;
  const names = await readNames(bucket, source.requestId).catch(storageUnavailable);
  const opened = await openTranscript(bucket, source);
  const { insights: findInsights, record } = opened;
  const shown = await shownOf(bucket, source, opened, wanted.lang);
  const showing = showingOf(c, names, status, audioUrls);
  const beginning = beginningIn(wanted, record.bytes);
  const kept = { lang: wanted.lang ?? null, audio: showing.audio };
  const more = (next: number) => moreLink({ path, next, kept });
  const { first, html } = await pageHtml(shown, beginning, showing, wanted.all ? null : more);
  const insights = await findInsights();
  return {
    names,
    segments: first,
    html,
    view: {
      kind: record.kind,
      isLater: "at" in beginning || beginning.from > 0,
      isEmpty: first.length === 0,
      language: wanted.lang ?? null,
      audio: showing.audio,
      audioHint: showing.audio === null ? audioHint(status, audioUrls, c) : null,
      insights,
      title: titleOf(status, first, insights),
      facts: factsOf(status, first),
      find: await find(bucket, source, wanted.q),
    },
  };
}

/** A page has all up to a moment that is asked for, unless that is too much to be read for it. */
function beginningIn(wanted: ViewQuery, bytes: number): Beginning {
  const isWhole = wanted.t !== undefined && bytes <= MAX_WHOLE_BYTES;
  return isWhole ? { from: 0 } : beginningOf(wanted);
}

/** Why nothing can be played, and what allows it. */
function audioHint(
  { kind, extra }: TranscriptStatus,
  audioUrls: readonly (string | null)[],
  c: Context<AppEnv>,
): string | null {
  if (kind === "text") return null;
  const given = [extra.audio_url, ...audioUrls].find((url) => typeof url === "string");
  const origin = given === undefined ? null : (URL.parse(given as string)?.origin ?? null);
  if (origin === null) return "No audio URL was given.";
  const { audioOrigins } = c.var.config;
  return audioOrigins.includes(origin)
    ? null
    : `Add ${origin} to AUDIO_ORIGINS to play this audio.`;
}

async function find(bucket: R2Bucket, source: Source, q: string) {
  if (q === "") return { q, hits: null, isCut: false };
  const { segments } = await openTranscript(bucket, source);
  const hits: Hit[] = [];
  for await (const hit of search(segments, q)) {
    if (hits.length === MAX_HITS_SHOWN) return { q, hits, isCut: true };
    hits.push(hit);
  }
  return { q, hits, isCut: false };
}

/** The title that was given, else the first words. */
function titleOf(
  { title }: TranscriptStatus,
  first: readonly Shown[],
  insights: Insights | null,
): string {
  const given = labelText(title ?? "");
  if (given !== "") return given;
  const words = labelText(first[0]?.segment.text ?? insights?.summary ?? "");
  if (words === "") return "Untitled";
  return words.length <= MAX_TITLE_CHARS ? words : `${words.slice(0, MAX_TITLE_CHARS).trimEnd()}…`;
}

function factsOf({ duration, languages }: TranscriptStatus, first: readonly Shown[]): string[] {
  const speakers = new Set(
    first.flatMap(({ segment: { channel, speaker } }) =>
      speaker === null ? [] : `${channel}:${speaker}`,
    ),
  ).size;
  return [
    speakers > 1 ? counted(speakers, "speaker") : "",
    duration === null ? "" : lengthInWords(duration),
    languages.map(languageInWords).join(", "),
  ].filter((fact) => fact !== "");
}

/** The languages into which it was translated. */
export const translationsOf = ({ follow_ups }: TranscriptStatus): string[] =>
  follow_ups.flatMap(({ name, state }) => {
    const [channel, to = ""] = name.split(":");
    return channel === "translate" && state === "done" ? [to] : [];
  });

/** A part of a transcript with the link to the next. `path` is the address of its page. */
export async function partFragment(
  c: Context<AppEnv>,
  source: Source,
  path: string,
  names: Names,
  facts: { channels: number | null; extra: Record<string, unknown> },
): Promise<Response> {
  const wanted = viewQueryOf(c);
  const showing = showingOf(c, names, facts);
  const opened = await openTranscript(c.env.TRANSCRIPTS, source);
  const shown = await shownOf(c.env.TRANSCRIPTS, source, opened, wanted.lang);
  const { html, next } = await htmlPart(shown, beginningOf(wanted), showing);
  const kept = { lang: wanted.lang ?? null, audio: showing.audio };
  const more = next === null ? "" : moreLink({ path, next, kept });
  return fragment(c, html + more);
}

type More = { path: string; next: number; kept: Kept };

/** Leads to the part that follows; scripts put it in the place of the link as the reader comes near. */
const moreLink = ({ path, next, kept }: More): string =>
  String(
    <p class="more">
      <a
        class="button"
        href={withQuery(path, { from: next, ...kept })}
        data-part={withQuery(`${path}/part`, { from: next, ...kept })}
      >
        Next part
      </a>{" "}
      <a class="button" href={withQuery(path, { all: "true", ...kept })}>
        Print all
      </a>
      <span class="print-only">Only a part is printed. Select Print all for the rest.</span>
    </p>,
  );
