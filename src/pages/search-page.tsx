import * as z from "zod";
import { type SearchResult, searchQuery } from "../catalogue/search-query.ts";
import { searchTranscripts } from "../catalogue/search-transcripts.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import type { Handler } from "../http/route.ts";
import { query, validate } from "../http/validate.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { counted, Empty, Field, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { clockInWords } from "./in-words.ts";
import { signedIn } from "./signed-in.ts";
import { type Clock, clockOf, dayAfter, startOfDay } from "./times.tsx";
import { hitUrl, withQuery } from "./view.ts";

const CATALOGUE_WITHIN_MS = 5_000;

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

/** Null when the catalogue does not answer; `wrong` is what is wrong with what was asked. */
type Found = SearchResult | { wrong: string } | null;

/** `GET /search`: where words were said, in all transcripts. A request_id opens its transcript. */
export const getSearchPage: Handler = signedIn(async (c, session) => {
  const asked = query(searchPageQuery, c.req.query());
  const requestId = parseRequestId(asked.q);
  if (requestId !== null) return c.redirect(`/transcripts/${requestId}`, 303);
  const clock = clockOf(c);
  const found = asked.q === "" ? null : await search(c.env.CATALOGUE, asked, clock);
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
      {asked.q !== "" && wrong === null && <Results asked={asked} found={found} />}
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

async function search(db: D1Database, asked: Asked, clock: Clock): Promise<Found> {
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
    return await timeout(searchTranscripts(db, wanted.value), CATALOGUE_WITHIN_MS, "the search");
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

function Results({ asked, found }: { asked: Asked; found: Found }) {
  if (found === null || "wrong" in found) {
    return (
      <Notice tone="red">
        <p>Search isn't available. Search a request_id to open it.</p>
      </Notice>
    );
  }
  const { hits, next_cursor } = found;
  if (hits.length === 0)
    return <Empty title={`Nothing found for "${asked.q}". Try fewer words.`} />;
  const groups = Map.groupBy(hits, ({ request_id }) => request_id);
  return (
    <>
      <p role="status" class="dim">
        {counted(groups.size, "transcript")}
      </p>
      <ol class="rows">
        {[...groups].map(([requestId, own]) => (
          <li>
            <div>
              <a
                class="title"
                href={hitUrl(`/transcripts/${requestId}`, own[0]?.start ?? 0, { q: asked.q })}
              >
                <code>{requestId}</code>
              </a>
            </div>
            <ol class="hits">
              {own.map(({ start, text }) => (
                <li>
                  <a class="over" href={hitUrl(`/transcripts/${requestId}`, start, { q: asked.q })}>
                    {clockInWords(start)}
                  </a>
                  <bdi>{text}</bdi>
                </li>
              ))}
            </ol>
          </li>
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

const asParameters = ({ q, tag, from, to }: Asked) => ({
  q,
  tag,
  from: from ?? null,
  to: to ?? null,
});
