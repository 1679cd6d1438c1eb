import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Kind } from "../deepgram/callback.ts";
import { languageInWords } from "../lib/times.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import type { Hit } from "../transcript/search/passage.ts";
import { Badge, type BadgeLook, counted, Icon, Tags } from "./components.tsx";
import { STREAM_HERE } from "./document.tsx";
import { clockInWords } from "./in-words.tsx";
import { InsightsView, isNothing } from "./insights-view.tsx";
import { hitUrl, type Kept, withQuery } from "./view.ts";

export type TranscriptView = {
  title: string;
  kind: Kind;
  badge: BadgeLook | null;
  /** Of the length, languages and the like. */
  facts: readonly string[];
  tags: readonly string[];
  /** The address of the page. */
  path: string;
  /** Whether something goes before the part shown. */
  isLater: boolean;
  /** Whether there is no speech at all. */
  isEmpty: boolean;
  /** The language shown, null for what was said, and those there are. */
  language: string | null;
  languages: readonly string[];
  audio: string | null;
  /** Why there is no audio, and what can be done. */
  audioHint: string | null;
  insights: Insights | null;
  find: { q: string; url: string; hits: Hit[] | null; isCut: boolean };
  /** The link that renames it; null for those who may not. */
  rename: Child;
  /** Beside the title: what can be done. */
  actions: Child;
  /** What stands before the transcript and beside it. */
  notices: Child;
  aside: Child;
  /** What "beside" has, for the links to it on narrow screens. */
  asideLinks: readonly (readonly [id: string, name: string])[];
  /** The request_id, for what is printed; null where it is not shown. */
  requestId: string | null;
};

/** A transcript or a text result to read, for those signed in and those who have a link. */
export function TranscriptView(view: TranscriptView) {
  const { title, kind, badge, facts, tags, requestId } = view;
  return (
    <div class="reader">
      <div class="reader-head">
        <div class="head">
          <div class="title-line">
            <h1>
              <bdi>{title}</bdi>
            </h1>
            {view.rename}
            {badge && <Badge {...badge} />}
          </div>
          <div class="head-actions">{view.actions}</div>
        </div>
        <ul class="facts">
          {facts.map((fact) => (
            <li>
              <bdi>{fact}</bdi>
            </li>
          ))}
        </ul>
        {requestId && <p class="print-only">{requestId}</p>}
        <Tags tags={tags} />
        {view.notices}
        {view.asideLinks.length > 0 && (
          <nav class="tabs jump" aria-label="On this page">
            <a href="#transcript">Transcript</a>
            {view.asideLinks.map(([id, name]) => (
              <a href={`#${id}`}>{name}</a>
            ))}
          </nav>
        )}
      </div>
      {kind === "text" ? <TextResult {...view} /> : <Speech {...view} />}
      <aside aria-label="About this transcript">{view.aside}</aside>
    </div>
  );
}

function Speech(view: TranscriptView) {
  const { path, isLater, isEmpty, language, audio, insights } = view;
  const kept: Kept = { lang: language, audio };
  return (
    <article aria-label="Transcript" id="transcript">
      <Tools {...view} kept={kept} />
      {insights && <InsightsView insights={insights} />}
      <div data-live="languages">
        <Languages {...view} kept={kept} />
      </div>
      {view.find.hits && <Hits {...view} kept={kept} />}
      <h2 class="hidden">What was said</h2>
      {isLater && (
        <p class="more">
          <a href={withQuery(path, kept)}>From the beginning</a>
        </p>
      )}
      <div id="parts" class={language === null ? "" : "translated"}>
        {isEmpty ? <p>No speech was found.</p> : raw(STREAM_HERE)}
      </div>
    </article>
  );
}

/** A result of `/v1/read`: what was found is all there is. */
const TextResult = ({ insights }: TranscriptView) => (
  <article aria-label="Text analysis" id="transcript">
    {insights === null || isNothing(insights) ? (
      <p>Nothing was found.</p>
    ) : (
      <InsightsView insights={insights} isAll />
    )}
  </article>
);

const Tools = ({ path, find, audio, audioHint, kept }: TranscriptView & { kept: Kept }) => (
  <div class="tools" id="tools">
    {audio && <Player src={audio} />}
    {audioHint && <p class="dim small">{audioHint}</p>}
    <search>
      <form id="find" method="get" action={path} data-search={find.url}>
        {kept.lang && <input type="hidden" name="lang" value={kept.lang} />}
        {kept.audio && <input type="hidden" name="audio" value={kept.audio} />}
        <input id="q" name="q" type="search" value={find.q} aria-label="Find" placeholder="Find" />
        <button type="submit" class="no-js">
          Find
        </button>
        <span class="js">
          <button type="button" class="quiet" id="previous" aria-label="Previous hit" disabled>
            ↑
          </button>
          <button type="button" class="quiet" id="next" aria-label="Next hit" disabled>
            ↓
          </button>
        </span>
        <output id="found" for="q" />
      </form>
    </search>
  </div>
);

const SPEEDS = ["0.75", "1", "1.25", "1.5", "2"];

/** Without scripts the browser's own controls. */
export const Player = ({ src }: { src: string }) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form
  <div class="player" role="group" aria-label="Player" id="player">
    {/* biome-ignore lint/a11y/useMediaCaption: the transcript is its caption */}
    <audio id="audio" controls preload="none" src={src} class="no-js" />
    <span class="js controls">
      <button type="button" id="play" aria-label="Play">
        <Icon name="play" />
      </button>
      <button type="button" class="quiet" id="back" aria-label="Back 5 seconds">
        −5
      </button>
      <button type="button" class="quiet" id="forward" aria-label="Forward 5 seconds">
        +5
      </button>
      <input type="range" id="position" min="0" max="1" step="1" value="0" aria-label="Position" />
      <span id="clock" class="small">
        0:00
      </span>
      <label class="switch">
        <span class="hidden">Speed</span>
        <select id="speed">
          {SPEEDS.map((speed) => (
            <option value={speed} selected={speed === "1"}>{`${speed}×`}</option>
          ))}
        </select>
      </label>
      <label class="switch">
        <input type="checkbox" id="follow" checked /> Follow
      </label>
    </span>
    <p id="unplayable" class="small" role="status" hidden>
      The audio can't be played. Its URL may have expired.
    </p>
  </div>
);

function Languages({ path, language, languages, kept }: TranscriptView & { kept: Kept }) {
  if (languages.length === 0) return null;
  const tab = (tag: string | null, name: string) => (
    <a
      href={withQuery(path, { ...kept, lang: tag })}
      {...(tag === language && { "aria-current": "page" })}
    >
      {name}
    </a>
  );
  return (
    <nav class="tabs" aria-label="Languages">
      {tab(null, "Original")}
      {languages.map((tag) => tab(tag, languageInWords(tag)))}
    </nav>
  );
}

/** The places of what is sought; with scripts the turns themselves are marked. */
function Hits({ path, find, kept }: TranscriptView & { kept: Kept }) {
  const { q, hits, isCut } = find;
  if (hits === null) return null;
  return (
    <section id="hits" class="no-js" aria-labelledby="hits-title">
      <h2 id="hits-title">
        <bdi>
          {hits.length === 0
            ? `"${q}" was not found`
            : `${isCut ? "The first " : ""}${counted(hits.length, "hit")} for "${q}"`}
        </bdi>
      </h2>
      <ol class="hits">
        {hits.map(({ start, text }) => (
          <li>
            <a href={hitUrl(path, start, { ...kept, q })}>{clockInWords(start)}</a>
            <bdi>{text}</bdi>
          </li>
        ))}
      </ol>
    </section>
  );
}
