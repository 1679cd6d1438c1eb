import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { storageUnavailable } from "../http/problem.ts";
import { languageInWords, lengthInWords } from "../lib/in-words.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { readNames } from "../store/names.ts";
import type { Names } from "../transcript/formats/voice-names.ts";
import type { Hit } from "../transcript/search/hit.ts";
import { search } from "../transcript/search/search.ts";
import { dateTimeInWords, percentInWords } from "./in-words.ts";
import { labelText } from "./label-text.ts";
import type { Shown } from "./part.ts";
import type { TranscriptView } from "./transcript-view.tsx";
import {
  beginningOf,
  htmlPart,
  openTranscript,
  type Source,
  showingOf,
  shownOf,
  viewQueryOf,
} from "./view.ts";

const MAX_HITS_SHOWN = 200;

/** What `TranscriptView` shows of the transcript itself, and what only its managers see. */
export type TranscriptData = {
  view: Pick<
    TranscriptView,
    "kind" | "html" | "next" | "isLater" | "language" | "audio" | "insights" | "title" | "facts"
  > & { find: Omit<TranscriptView["find"], "url"> };
  segments: Shown[];
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
  audioUrls: readonly (string | null)[],
): Promise<TranscriptData> {
  const wanted = viewQueryOf(c);
  const bucket = c.env.TRANSCRIPTS;
  const names = await readNames(bucket, source.requestId).catch(storageUnavailable);
  const opened = await openTranscript(bucket, source);
  const { insights: findInsights } = opened;
  const shown = await shownOf(bucket, source, opened, wanted.lang);
  const showing = showingOf(c, names, status, audioUrls);
  const part = await htmlPart(shown, beginningOf(wanted), showing);
  const insights = await findInsights();
  return {
    names,
    segments: part.segments,
    view: {
      kind: opened.record.kind,
      html: part.html,
      next: part.next,
      isLater: wanted.from > 0 || (wanted.t ?? 0) > 0,
      language: wanted.lang ?? null,
      audio: showing.audio,
      insights,
      title: titleOf(status),
      facts: factsOf(status, insights?.confidence ?? null),
      find: await find(bucket, source, wanted.q),
    },
  };
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

/** The title that was given, or when the result came. */
export function titleOf({ title, received_at, kind }: TranscriptStatus): string {
  const given = labelText(title ?? "");
  if (given !== "") return given;
  const what = kind === "text" ? "Text analysis" : "Transcript";
  return received_at === null ? what : `${what} of ${dateTimeInWords(received_at)}`;
}

function factsOf(status: TranscriptStatus, confidence: number | null): [string, string][] {
  const { received_at, duration, languages, models, channels, tags } = status;
  const facts: [string, string | null][] = [
    ["Received", received_at && dateTimeInWords(received_at)],
    ["Length", duration === null ? null : lengthInWords(duration)],
    ["Language", languages.map(languageInWords).join(", ")],
    ["Model", models.join(", ")],
    ["Confidence", confidence === null ? null : percentInWords(confidence)],
    ["Channels", (channels ?? 0) > 1 ? String(channels) : null],
    ["Tags", tags.map(labelText).join(", ")],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

/** The languages into which it was translated. */
export const translationsOf = ({ follow_ups }: TranscriptStatus): string[] =>
  follow_ups.flatMap(({ name, state }) => {
    const [channel, to = ""] = name.split(":");
    return channel === "translate" && state === "done" ? [to] : [];
  });
