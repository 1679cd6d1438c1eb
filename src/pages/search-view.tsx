import type { SearchResult } from "../catalogue/search-query.ts";
import { toMs } from "../transcript/captions/timestamp.ts";
import type { DeskQuery } from "./desk-query.ts";
import { clockInWords } from "./in-words.ts";
import { withQuery } from "./view.ts";

/** What a search in all transcripts came to; `wrong` is what is wrong with the words sought. */
export type Searched = SearchResult | { wrong: string };

/** Looks for words in all transcripts; null where the catalogue does not answer. */
export const SearchView = ({ asked, found }: { asked: DeskQuery; found: Searched | null }) => (
  <section aria-labelledby="search">
    <h2 id="search">Search</h2>
    <search>
      <form class="filters" method="get" action="/">
        <label>
          Words that were said{" "}
          <input
            name="said"
            type="search"
            value={asked.said}
            placeholder='appointment "next week"'
          />
        </label>
        <button type="submit">Search</button>
      </form>
    </search>
    {asked.said !== "" && <Found asked={asked} found={found} />}
  </section>
);

function Found({ asked: { said }, found }: { asked: DeskQuery; found: Searched | null }) {
  if (found === null) return <p class="alert">The catalogue does not answer at the moment.</p>;
  if ("wrong" in found) {
    return <p class="alert">{found.wrong}</p>;
  }
  if (found.hits.length === 0) {
    return (
      <p class="hint">
        No transcript has “<bdi>{said}</bdi>”. One is found some seconds after it has come.
      </p>
    );
  }
  return (
    <>
      <ol class="hits">
        {found.hits.map(({ request_id, start, text }) => (
          <li>
            <a href={withQuery(`/transcripts/${request_id}`, { t: toMs(start) / 1_000 })}>
              <bdi>{text}</bdi>
            </a>{" "}
            <span class="hint">
              at {clockInWords(start)} of <code>{request_id}</code>
            </span>
          </li>
        ))}
      </ol>
      {found.next_cursor && (
        <p>
          <a href={withQuery("/", { said, hits: found.next_cursor })}>More hits</a>
        </p>
      )}
    </>
  );
}
