import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Kind } from "../deepgram/callback.ts";
import { languageInWords } from "../lib/in-words.ts";
import { toMs } from "../transcript/captions/timestamp.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import type { Hit } from "../transcript/search/hit.ts";
import { clockInWords } from "./in-words.ts";
import { InsightsView, isNothing } from "./insights-view.tsx";
import { type Kept, MoreLink } from "./more-link.tsx";
import { withQuery } from "./view.ts";

export type TranscriptView = {
  title: string;
  kind: Kind;
  /** Name and value, in words. */
  facts: readonly (readonly [string, string])[];
  /** The address of the page. */
  path: string;
  /** Whether something goes before the part shown. */
  isLater: boolean;
  /** Seconds at which the next part begins; null after the last. */
  next: number | null;
  html: string;
  /** The language shown, null for what was said, and those there are. */
  language: string | null;
  languages: readonly string[];
  audio: string | null;
  insights: Insights | null;
  find: { q: string; url: string; hits: Hit[] | null; isCut: boolean };
  /** What stands before the transcript and beside it. */
  notices: Child;
  aside: Child;
  textUrl: string;
};

/** A transcript or a text result to read, for those signed in and those who have a link. */
export function TranscriptView(view: TranscriptView) {
  const { title, kind, facts } = view;
  return (
    <div class="layout">
      <div class="head">
        <h1>
          <bdi>{title}</bdi>
        </h1>
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
        {view.notices}
      </div>
      {kind === "text" ? <TextResult {...view} /> : <Speech {...view} />}
      <aside id="about" tabindex={-1} aria-label="About this transcript">
        {view.aside}
      </aside>
    </div>
  );
}

function Speech(view: TranscriptView) {
  const { path, isLater, next, html, language, audio, insights } = view;
  const kept: Kept = { lang: language, audio };
  return (
    <article aria-label="Transcript">
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
        {html === "" ? <p>No speech was heard.</p> : raw(html)}
        {next !== null && <MoreLink path={path} next={next} kept={kept} />}
      </div>
    </article>
  );
}

/** A result of `/v1/read`: what was found is all there is. */
const TextResult = ({ insights, textUrl }: TranscriptView) => (
  <article aria-label="Text analysis">
    <div class="tools">
      <button type="button" class="js" id="copy" data-text={textUrl}>
        Copy text
      </button>
      <a class="narrow" href="#about">
        Downloads and more
      </a>
    </div>
    {insights === null || isNothing(insights) ? (
      <p>Nothing was found.</p>
    ) : (
      <InsightsView insights={insights} isAll />
    )}
  </article>
);

const Tools = ({ path, find, audio, textUrl, kept }: TranscriptView & { kept: Kept }) => (
  <div class="tools">
    <search>
      <form id="find" method="get" action={path} data-search={find.url}>
        {kept.lang && <input type="hidden" name="lang" value={kept.lang} />}
        {kept.audio && <input type="hidden" name="audio" value={kept.audio} />}
        <label for="q" class="hidden">
          Find in transcript
        </label>
        <input id="q" name="q" type="search" value={find.q} placeholder="Find in transcript" />
        <button type="submit">Find</button>
        <span class="js">
          <button type="button" id="previous" aria-label="Previous hit" disabled>
            ↑
          </button>
          <button type="button" id="next" aria-label="Next hit" disabled>
            ↓
          </button>
        </span>
        <output id="found" for="q" />
      </form>
    </search>
    <label class="switch">
      <input type="checkbox" id="shade" /> Mark uncertain words
    </label>
    <button type="button" class="js" id="copy" data-text={textUrl}>
      Copy text
    </button>
    <a class="narrow" href="#about">
      Downloads and more
    </a>
    {audio && (
      <div class="player">
        {/* biome-ignore lint/a11y/useMediaCaption: the transcript is its caption */}
        <audio id="audio" controls preload="none" src={audio} />
        <label class="switch js">
          <input type="checkbox" id="follow" checked /> Follow along
        </label>
      </div>
    )}
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
      {tab(null, "As it was said")}
      {languages.map((tag) => tab(tag, languageInWords(tag)))}
    </nav>
  );
}

function Hits({ path, find, kept }: TranscriptView & { kept: Kept }) {
  const { q, hits, isCut } = find;
  if (hits === null) return null;
  return (
    <section id="hits" aria-labelledby="hits-title">
      <h2 id="hits-title">
        {isCut ? `The first ${hits.length} places` : placesInWords(hits.length)} with “
        <bdi>{q}</bdi>”
      </h2>
      <ol>
        {hits.map(({ start, text }) => (
          <li>
            <a href={withQuery(path, { ...kept, q, t: toMs(start) / 1_000 })}>
              {clockInWords(start)}
            </a>{" "}
            <bdi>{text}</bdi>
          </li>
        ))}
      </ol>
    </section>
  );
}

const placesInWords = (count: number): string => {
  if (count === 0) return "No place";
  return count === 1 ? "1 place" : `${count} places`;
};
