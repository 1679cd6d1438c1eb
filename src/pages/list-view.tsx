import type { ListedTranscript, TranscriptList } from "../catalogue/list-query.ts";
import { STATES } from "../store/states.ts";
import type { StateCount } from "./desk-figures.ts";
import type { DeskQuery } from "./desk-page.tsx";
import { ageInWords, dateTimeInWords, lengthInWords } from "./in-words.ts";
import { labelText } from "./label-text.ts";
import { withQuery } from "./view.ts";

const MAX_TAG_CHARS = 40;

/** How many transcripts are in each state, and how old the oldest is; overdue ones stand out. */
export function CountsView({ counts, now }: { counts: readonly StateCount[]; now: number }) {
  if (counts.length === 0) return null;
  return (
    <ul class="counts">
      {counts.map(({ state, count, oldest }) => (
        <li>
          <a href={`/?state=${state}`} class={state === "overdue" ? "bad" : ""}>
            <b>{String(count)}</b> {state}
          </a>
          <span class="hint">oldest {ageInWords(oldest, now)} ago</span>
        </li>
      ))}
    </ul>
  );
}

type Listed = { asked: DeskQuery; list: TranscriptList | null; now: number };

export function ListView({ asked, list, now }: Listed) {
  const { q, state } = asked;
  return (
    <section aria-labelledby="list">
      <h2 id="list">Latest</h2>
      <form class="filters" method="get" action="/">
        <label for="id-or-tag">request_id or tag</label>
        <input id="id-or-tag" name="q" type="search" value={q} />
        <label for="state">State</label>
        <select id="state" name="state">
          <option value="">any</option>
          {STATES.map((each) => (
            <option value={each} selected={each === state}>
              {each}
            </option>
          ))}
        </select>
        <button type="submit">Show</button>
      </form>
      {list === null ? (
        <p class="alert">
          The catalogue does not answer at the moment. A transcript can still be opened by its
          request_id.
        </p>
      ) : (
        <Rows list={list} now={now} />
      )}
      {list?.next_cursor && (
        <p>
          <a href={withQuery("/", { q, state: state ?? null, cursor: list.next_cursor })}>Older</a>
        </p>
      )}
    </section>
  );
}

function Rows({ list, now }: { list: TranscriptList; now: number }) {
  if (list.transcripts.length === 0) return <p class="hint">There are none.</p>;
  return (
    <section class="scroll" aria-label="Transcripts" tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">State</th>
            <th scope="col">Length</th>
            <th scope="col">Language</th>
            <th scope="col">Tags</th>
            <th scope="col">request_id</th>
          </tr>
        </thead>
        <tbody>
          {list.transcripts.map((each) => (
            <Row listed={each} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ listed, now }: { listed: ListedTranscript; now: number }) {
  const { request_id, state, received_at, expected_at, duration, languages, tags } = listed;
  const at = received_at ?? expected_at;
  return (
    <tr>
      <td>
        {at && (
          <a href={`/transcripts/${request_id}`}>
            <time datetime={at} title={dateTimeInWords(at)}>{`${ageInWords(at, now)} ago`}</time>
          </a>
        )}
      </td>
      <td>
        <b class={`s-${state}`}>{state}</b>
      </td>
      <td>{duration === null ? "" : lengthInWords(duration)}</td>
      <td>{languages.join(", ")}</td>
      <td>
        {tags.map((tag) => (
          <>
            <a href={withQuery("/", { q: tag })}>
              <bdi>{labelText(tag).slice(0, MAX_TAG_CHARS)}</bdi>
            </a>{" "}
          </>
        ))}
      </td>
      <td>
        <a href={`/transcripts/${request_id}`}>
          <code>{request_id}</code>
        </a>
      </td>
    </tr>
  );
}
