import type { Context } from "hono";
import * as z from "zod";
import { markTerms } from "../catalogue/search/find-hits.ts";
import {
  type FoundTranscript,
  type SearchResult,
  searchQuery,
} from "../catalogue/search/search-query.ts";
import { searchTranscripts } from "../catalogue/search/search-transcripts.ts";
import { terms } from "../catalogue/search/terms.ts";
import type { AppEnv } from "../config/config.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { type Handler, query, validate } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { lengthInWords } from "../lib/times.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { counted, Empty, Field, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { type Clock, clockInWords, clockOf, dayAfter, startOfDay, Time } from "./in-words.tsx";
import { signedIn } from "./page-handlers.tsx";
import { hitUrl, withQuery } from "./view.ts";

const SEARCH_WITHIN_MS = 25_000;

const ID_CHARS = 8;

const day = z.iso.date().optional().catch(undefined);

const searchPageQuery = z.object({
  q: z.string().trim().default(""),
  tag: z.string().trim().default(""),
  /** Days in the reader's time zone, both included. */
  from: day,
  to: day,
  cursor: z.string().optional(),
});

type Asked = z.infer<typeof searchPageQuery>;

/** Null when the search does not answer; `wrong` is what is wrong with what was asked. */
type Found = SearchResult | { wrong: string } | null;

/** `GET /search`: where words were said, in all transcripts. A request_id opens its transcript. */
export const getSearchPage: Handler = signedIn(async (c, session) => {
  const asked = query(searchPageQuery, c.req.query());
  const requestId = parseRequestId(asked.q);
  if (requestId !== null) return c.redirect(`/transcripts/${requestId}`, 303);
  const clock = clockOf(c);
  const found = asked.q === "" ? null : await search(c, asked, clock);
  const wrong = found !== null && "wrong" in found ? found.wrong : null;
  const title = asked.q === "" ? "Search" : `Results for "${asked.q}"`;
  const main = (
    <>
      <h1>
        <bdi>{title}</bdi>
      </h1>
      <form class="filters" method="get" action="/search" aria-label="Search" novalidate>
        <Field id="search-q" label="Words" error={wrong}>
          {(attributes) => <input {...attributes} name="q" type="search" value={asked.q} />}
        </Field>
        <Field id="search-tag" label="Tag">
          {(attributes) => <input {...attributes} name="tag" value={asked.tag} />}
        </Field>
        <Field id="search-from" label="From">
          {(attributes) => <input {...attributes} name="from" type="date" value={asked.from} />}
        </Field>
        <Field id="search-to" label="To">
          {(attributes) => <input {...attributes} name="to" type="date" value={asked.to} />}
        </Field>
        <button type="submit">Search</button>
      </form>
      {asked.q !== "" && wrong === null && <Results asked={asked} found={found} clock={clock} />}
    </>
  );
  return page(c, {
    title: wrong === null ? title : `Error: ${title}`,
    main,
    session,
    q: asked.q,
    status: wrong === null ? 200 : 422,
  });
});

async function search(c: Context<AppEnv>, asked: Asked, clock: Clock): Promise<Found> {
  if (!c.var.config.isSearched) return { wrong: "Search isn't available: SEARCH is off." };
  const { q, tag, from, to, cursor } = asked;
  const input = {
    q,
    ...(tag !== "" && { tag }),
    ...(from && { since: startOfDay(from, clock) }),
    ...(to && { until: startOfDay(dayAfter(to), clock) }),
    ...(cursor && { cursor }),
  };
  const wanted = validate(searchQuery, input, "The search");
  if (!wanted.ok) return { wrong: wanted.reason.replace(/^(q|cursor) /, "The search ") };
  try {
    return await timeout(searchTranscripts(c.env, wanted.value), SEARCH_WITHIN_MS, "the search");
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

type ResultsProps = { asked: Asked; found: Found; clock: Clock };

function Results({ asked, found, clock }: ResultsProps) {
  if (found === null || "wrong" in found) {
    return (
      <Notice tone="red">
        <p>Search isn't available. Search a request_id to open it.</p>
      </Notice>
    );
  }
  const { transcripts, incomplete, next_cursor } = found;
  return (
    <>
      {incomplete.length > 0 && (
        <Notice tone="amber">
          <p>{`Some months didn't answer: ${incomplete.join(", ")}. Search again soon.`}</p>
        </Notice>
      )}
      {transcripts.length === 0 && next_cursor === null ? (
        <Empty title={`Nothing found for "${asked.q}". Try fewer words.`} />
      ) : (
        <p role="status" class="dim">
          {counted(transcripts.length, "transcript")}
        </p>
      )}
      <ol class="rows">
        {transcripts.map((each) => (
          <Result transcript={each} q={asked.q} clock={clock} />
        ))}
      </ol>
      {next_cursor && (
        <p>
          <a
            class="button"
            href={withQuery("/search", { ...asParameters(asked), cursor: next_cursor })}
          >
            More results
          </a>
        </p>
      )}
    </>
  );
}

type ResultProps = { transcript: FoundTranscript; q: string; clock: Clock };

function Result({ transcript, q, clock }: ResultProps) {
  const { request_id, title, received_at, duration, hits } = transcript;
  const path = `/transcripts/${request_id}`;
  // Words that are said twice in a sentence are two places, and marked in the same text.
  const shown = hits.filter(({ text }, index) => text !== hits[index - 1]?.text);
  return (
    <li>
      <div>
        <a class="title" href={hitUrl(path, hits[0]?.start ?? 0, { q })}>
          <bdi>{labelText(title ?? "") || "Untitled"}</bdi>
        </a>
      </div>
      <div class="side">
        <Time iso={received_at} clock={clock} />
        {duration !== null && <span>{lengthInWords(duration)}</span>}
        <code>{request_id.slice(0, ID_CHARS)}</code>
      </div>
      <ol class="hits">
        {shown.map(({ start, speaker, text }) => (
          <li>
            <a class="over" href={hitUrl(path, start, { q })}>
              {clockInWords(start)}
            </a>
            <span>
              {speaker !== null && <span class="dim">{`Speaker ${speaker} `}</span>}
              <bdi>
                {markTerms(text, terms(q)).map(({ text: part, isMarked }) =>
                  isMarked ? <mark>{part}</mark> : part,
                )}
              </bdi>
            </span>
          </li>
        ))}
      </ol>
      <div>
        <a class="over" href={withQuery(path, { q })}>
          Find all in this transcript
        </a>
      </div>
    </li>
  );
}

const asParameters = ({ q, tag, from, to }: Asked) => ({
  q,
  tag,
  from: from ?? null,
  to: to ?? null,
});
