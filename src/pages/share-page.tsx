import type { Context } from "hono";
import type { AppEnv } from "../config/config.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, query } from "../http/route.ts";
import { attachment } from "../read/download.ts";
import { formatsOf, RENDERINGS, type RenderedFormat, textStream } from "../read/formats.ts";
import { hitsJson, searchQuery } from "../read/search-transcript.ts";
import { openShare } from "../read/shares.ts";
import { status } from "../read/status.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { readNames } from "../store/details.ts";
import { openExpectation } from "../store/expectations.ts";
import type { Share } from "../store/shares.ts";
import { search } from "../transcript/search/search.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import type { SliceOptions } from "../transcript/slice/slice.ts";
import { Icon } from "./components.tsx";
import { page } from "./document.tsx";
import { type Clock, clockInWords, clockOf, dateOf } from "./in-words.tsx";
import { asPage } from "./page-handlers.tsx";
import { partFragment, transcriptData, translationsOf } from "./transcript-data.tsx";
import { CopyText, Downloads, MarkWords } from "./transcript-menus.tsx";
import type { Shown } from "./transcript-parts.ts";
import { TranscriptView } from "./transcript-view.tsx";
import { openTranscript, printed, type Source, shownOf, viewQueryOf, withQuery } from "./view.ts";

const FORMATS = ["vtt", "srt", "txt", "md", "csv"] as const satisfies RenderedFormat[];

/** The files that a link to a result of a kind gives. */
const filesOf = (kind: TranscriptStatus["kind"]) =>
  FORMATS.filter((format) => formatsOf(kind).includes(format));

type Opened = { share: Share; source: Source; status: TranscriptStatus; path: string };

/** `GET /share/{signed}`: a transcript, or a part of it, for anyone who has the link. */
export const getSharePage: Handler = asPage(async (c) => {
  const { share, source, status, path } = await opened(c);
  const { view, html } = await transcriptData(c, source, status, path, [
    await audioUrlOf(c, source),
  ]);
  const file = (format: string, parameters = {}) =>
    withQuery(`${path}/transcript.${format}`, { lang: view.language, ...parameters });
  const main = (
    <TranscriptView
      {...view}
      path={path}
      languages={translationsOf(status)}
      find={{ ...view.find, url: `${path}/search` }}
      badge={null}
      rename={null}
      tags={[]}
      audioHint={null}
      actions={
        <>
          <Downloads
            hrefOf={(format) => file(format, { download: "true" })}
            formats={filesOf(view.kind)}
          />
          <details class="menu">
            <summary class="button">
              More <Icon name="down" />
            </summary>
            <div>
              <CopyText url={file("txt")} />
              {view.kind === "transcript" && <MarkWords />}
            </div>
          </details>
        </>
      }
      notices={null}
      aside={<LinkFacts share={share} clock={clockOf(c)} />}
      asideLinks={[]}
      requestId={null}
    />
  );
  const audioOrigins = view.audio === null ? [] : c.var.config.audioOrigins;
  const data = { state: status.state, path, ...printed(c) };
  return page(c, {
    title: view.title,
    main,
    session: null,
    streamed: html,
    audioOrigins,
    data,
    isSecretAddress: true,
  });
});

const LinkFacts = ({ share: { from, to, expires_at }, clock }: { share: Share; clock: Clock }) => (
  <section class="small dim">
    <p>{`Link expires ${dateOf(expires_at, clock)}`}</p>
    {(from !== null || to !== null) && (
      <p>{`Part: ${clockInWords(from ?? 0)} to ${to === null ? "the end" : clockInWords(to)}`}</p>
    )}
  </section>
);

/** `GET /share/{signed}/part` */
export const getSharePart: Handler = asPage(async (c) => {
  const { source, status, path } = await opened(c);
  const names = await readNames(c.env.TRANSCRIPTS, source.requestId).catch(storageUnavailable);
  return partFragment(c, source, path, names, status);
});

/** `GET /share/{signed}/search`, as `searchTranscript` answers. */
export const getShareSearch: Handler = async (c) => {
  const { source } = await opened(c);
  const { q } = query(searchQuery, c.req.query());
  const { segments } = await openTranscript(c.env.TRANSCRIPTS, source);
  return new Response(textStream(hitsJson(search(segments, q))), {
    headers: { "content-type": "application/json", ...PRIVATE },
  });
};

/** `GET /share/{signed}/transcript.{format}` */
export const getShareFile: Handler = async (c) => {
  const { source, status } = await opened(c);
  const { kind } = status;
  const format = filesOf(kind).find((each) => c.req.param("file") === `transcript.${each}`);
  if (format === undefined) throw problem(404, "unknown_format", "There is no such file.");
  const { lang } = viewQueryOf(c);
  const bucket = c.env.TRANSCRIPTS;
  const transcript = await openTranscript(bucket, source);
  const { type, render, renderInsights } = RENDERINGS[format];
  const insights = kind === "text" ? await transcript.insights() : null;
  if (kind === "text" && insights === null)
    throw problem(404, "unknown_format", "There is no such file.");
  const segments = segmentsOf(await shownOf(bucket, source, transcript, lang));
  const names = await readNames(bucket, source.requestId).catch(storageUnavailable);
  const suffix = lang === undefined ? `.${format}` : `.${lang}.${format}`;
  const isDownload = c.req.query("download") !== undefined;
  const title = status.request_id;
  const body =
    insights === null
      ? textStream(render(segments, { title, names }))
      : renderInsights?.(insights, title);
  return new Response(body, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      ...(isDownload && { "content-disposition": attachment(status.title, "transcript", suffix) }),
      ...PRIVATE,
    },
  });
};

async function* segmentsOf(shown: AsyncIterable<Shown>): AsyncGenerator<Segment> {
  for await (const { segment } of shown) yield segment;
}

const PRIVATE = {
  "cache-control": "private, no-store",
  "x-robots-tag": "noindex, nofollow",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** What a link opens. Throws a 404 for a link that does not hold, whatever the reason. */
async function opened(c: Context<AppEnv>): Promise<Opened> {
  const signed = c.req.param("signed") ?? "";
  const { TRANSCRIPTS } = c.env;
  const share = await openShare(TRANSCRIPTS, c.var.config.signingKeys, signed).catch(
    storageUnavailable,
  );
  const known =
    share && (await status(TRANSCRIPTS, share.request_id, c.var.config).catch(storageUnavailable));
  if (share === null || known?.state !== "received") {
    throw problem(404, "unknown_share", "This link no longer works. Ask the sender for a new one.");
  }
  const { request_id } = share;
  const path = `/share/${signed}`;
  const bounds = boundsOf(share);
  return {
    share,
    source: { requestId: request_id, bounds },
    status: publicStatus(known, bounds),
    path,
  };
}

/** Where the registration says that the audio is; what was submitted may be secret. None of a part. */
async function audioUrlOf(c: Context<AppEnv>, { requestId, bounds }: Source) {
  if (Object.keys(bounds).length > 0) return null;
  const open = await openExpectation(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  return open?.details.audioUrl ?? null;
}

const boundsOf = ({ from, to }: Share): SliceOptions => ({
  ...(from !== null && { from }),
  ...(to !== null && { to }),
});

/** The status that readers of a share get: not how it is filed, and of a part nothing about the rest. */
function publicStatus(status: TranscriptStatus, bounds: SliceOptions): TranscriptStatus {
  const { title, audio_url } = status.extra;
  const isWhole = Object.keys(bounds).length === 0;
  return {
    ...status,
    tags: [],
    duration: isWhole ? status.duration : null,
    extra: { title, ...(isWhole && { audio_url }) },
  };
}
