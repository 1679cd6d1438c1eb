import type { Session } from "../auth/session.ts";
import type { ListedTranscript, TranscriptList } from "../catalogue/list-query.ts";
import { lengthInWords } from "../lib/in-words.ts";
import { STATES } from "../store/states.ts";
import type { StateCount } from "./desk-figures.ts";
import type { DeskQuery } from "./desk-query.ts";
import { ActionCode } from "./document.tsx";
import { ageInWords, dateTimeInWords } from "./in-words.ts";
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

type Listed = {
  asked: DeskQuery;
  list: TranscriptList | null;
  now: number;
  session: Session;
};

export function ListView({ asked, list, now, session }: Listed) {
  const { q, state, since, until } = asked;
  const narrowed = { q, state: state ?? null, since: since ?? null, until: until ?? null };
  return (
    <section aria-labelledby="list">
      <h2 id="list">Latest</h2>
      <form class="filters" method="get" action="/">
        <label>
          request_id or tag <input name="q" type="search" value={q} />
        </label>
        <label>
          State{" "}
          <select name="state">
            <option value="">any</option>
            {STATES.map((each) => (
              <option value={each} selected={each === state}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <label>
          From <input name="since" type="date" value={since} />
        </label>
        <label>
          to (UTC) <input name="until" type="date" value={until} />
        </label>
        <button type="submit">Show</button>
      </form>
      {list === null ? (
        <p class="alert">
          The catalogue does not answer at the moment. A transcript can still be opened by its
          request_id.
        </p>
      ) : (
        <Rows {...{ list, now, session }} />
      )}
      {list?.next_cursor && (
        <p>
          <a href={withQuery("/", { ...narrowed, cursor: list.next_cursor })}>Older</a>
        </p>
      )}
    </section>
  );
}

type Listing = { list: TranscriptList; now: number; session: Session };

function Rows({ list, now, session }: Listing) {
  if (list.transcripts.length === 0) return <p class="hint">There are none.</p>;
  return (
    <section class="scroll" aria-label="Transcripts" tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Title</th>
            <th scope="col">State</th>
            <th scope="col">Length</th>
            <th scope="col">Language</th>
            <th scope="col">Tags</th>
            <th scope="col">request_id</th>
          </tr>
        </thead>
        <tbody>
          {list.transcripts.map((each) => (
            <Row listed={each} now={now} session={session} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

type Line = { listed: ListedTranscript; now: number; session: Session };

function Row({ listed, now, session }: Line) {
  const { request_id, state, received_at, expected_at, duration, languages, tags } = listed;
  const at = received_at ?? expected_at ?? listed.deleted_at;
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
        <bdi>{labelText(listed.title ?? "")}</bdi>
      </td>
      <td>
        <b class={`s-${state}`}>{state}</b>
        {state === "overdue" && <SubmitAgain requestId={request_id} session={session} />}
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

/** Submits the audio of an overdue request once more; what cannot be is said then. */
export function SubmitAgain({ requestId, session }: { requestId: string; session: Session }) {
  if (!session.scopes.includes("submit")) return null;
  return (
    <form method="post" action={`/transcripts/${requestId}/resubmit`}>
      <ActionCode session={session} />
      <button type="submit">Submit again</button>
    </form>
  );
}
