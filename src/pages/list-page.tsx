import type { Session } from "../auth/session.ts";
import { countStates, type StateCount } from "../catalogue/figures.ts";
import { listOfLength, listTranscripts, MAX_SCANNED } from "../catalogue/list.ts";
import { type ListedTranscript, listQuery, type TranscriptList } from "../catalogue/list-query.ts";
import { type Handler, query } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { languageInWords, lengthInWords } from "../lib/times.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import {
  ActionCode,
  Badge,
  Copy,
  count,
  counted,
  Empty,
  Notice,
  STATE_BADGES,
  Tags,
} from "./components.tsx";
import { page } from "./document.tsx";
import { FirstRun } from "./first-run.tsx";
import { type Clock, clockOf, dayAfter, startOfDay, Time } from "./in-words.tsx";
import {
  type Asked,
  asParameter,
  Filters,
  isFiltered,
  kept,
  LENGTHS,
  listPageQuery,
  Tabs,
} from "./list-filters.tsx";
import { signedIn } from "./page-handlers.tsx";
import { MAX_SELECTED, Selection } from "./selected.tsx";
import { withQuery } from "./view.ts";

/** All of a page can be selected. */
const PAGE = MAX_SELECTED;
const CATALOGUE_WITHIN_MS = 5_000;
const ID_CHARS = 8;
const MAX_TITLE_CHARS = 120;

type Catalogue = { counts: StateCount[]; list: TranscriptList };

/** `GET /`: every transcript, the newest first. */
export const getList: Handler = signedIn(async (c, session) => {
  const asked = query(listPageQuery, c.req.query());
  const clock = clockOf(c);
  const catalogue = await readCatalogue(c.env.CATALOGUE, asked, clock);
  const isFirst = catalogue?.counts.length === 0 && asked.state !== "deleted";
  const main = isFirst ? (
    <>
      <Done asked={asked} />
      <FirstRun c={c} session={session} />
    </>
  ) : (
    <>
      <Done asked={asked} />
      <div class="head">
        <h1>Transcripts</h1>
        {session.scopes.includes("submit") && (
          <a class="button primary" href="/submit">
            Submit audio
          </a>
        )}
      </div>
      <Tabs counts={catalogue?.counts ?? null} asked={asked} />
      <div class="list-tools">
        <Filters asked={asked} clock={clock} />
        <Updates isOn={asked.cursor === undefined} />
      </div>
      {catalogue === null ? (
        <Notice tone="red">
          <p>The list isn't available. Search a request_id to open it.</p>
        </Notice>
      ) : (
        <List list={catalogue.list} {...{ asked, clock, session }} />
      )}
    </>
  );
  const data = isFirst ? { first: "true" } : undefined;
  return page(c, {
    title: "Transcripts",
    main,
    session,
    place: "transcripts",
    ...(data && { data }),
  });
});

/** Null when the catalogue does not answer: transcripts can be read by their id all the same. */
async function readCatalogue(
  db: D1Database,
  { state, tag, from, to, length, cursor }: Asked,
  clock: Clock,
): Promise<Catalogue | null> {
  const wanted = listQuery.safeParse({
    limit: PAGE,
    ...(state && { state }),
    ...(tag !== "" && { tag }),
    ...(from && { since: startOfDay(from, clock) }),
    ...(to && { until: startOfDay(dayAfter(to), clock) }),
    ...(cursor && { cursor }),
  });
  const list = () => {
    if (!wanted.success) return { transcripts: [], next_cursor: null };
    return length === undefined
      ? listTranscripts(db, wanted.data)
      : listOfLength(db, wanted.data, LENGTHS[length]);
  };
  try {
    const reading = Promise.all([countStates(db), list()]);
    const [counts, listed] = await timeout(reading, CATALOGUE_WITHIN_MS, "the catalogue");
    return { counts, list: listed };
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

const DONE = {
  deleted: (n: number) => `${counted(n, "transcript")} deleted.`,
  retried: (n: number) => `${counted(n, "follow-up")} will be tried again.`,
  tagged: (n: number) => `${counted(n, "transcript")} tagged.`,
  none: () => "Select at least one transcript.",
};

const Done = ({ asked: { done, n } }: { asked: Asked }) =>
  done === undefined ? null : (
    <Notice tone={done === "none" ? "red" : "green"} isFocused>
      <p>{DONE[done](n)}</p>
    </Notice>
  );

type Listing = { list: TranscriptList; asked: Asked; clock: Clock; session: Session };

function List({ list, asked, clock, session }: Listing) {
  const { transcripts, next_cursor } = list;
  const older = next_cursor && (
    <a
      class="button"
      href={withQuery("/", { ...kept(asked), state: asked.state ?? null, cursor: next_cursor })}
    >
      Older
    </a>
  );
  if (transcripts.length === 0) {
    const clear = (isFiltered(asked) || asked.cursor) && (
      <a class="button" href={withQuery("/", { state: asked.state ?? null })}>
        Clear
      </a>
    );
    return (
      <div data-refresh="rows">
        <Empty title="No transcripts match" action={older || clear}>
          {older && `None of the ${count(MAX_SCANNED)} looked at is of this length.`}
        </Empty>
      </div>
    );
  }
  const rows = (
    <ol class="rows of-transcripts selectable" data-refresh="rows">
      {transcripts.map((each) => (
        <Row listed={each} clock={clock} />
      ))}
    </ol>
  );
  return (
    <>
      <form method="post" action="/selected">
        <ActionCode session={session} />
        <input type="hidden" name="list" value={asParameter(asked)} />
        {rows}
        <Selection session={session} />
      </form>
      {older && <p>{older}</p>}
    </>
  );
}

/** New rows come by themselves to the first page. */
const Updates = ({ isOn }: { isOn: boolean }) => (
  <div id="updates" class="js" {...(isOn && { "data-on": "true" })}>
    <button type="button" id="new-rows" hidden />
    <button type="button" class="quiet" id="pause-updates" aria-pressed="false" hidden>
      Pause updates
    </button>
  </div>
);

type RowProps = { listed: ListedTranscript; clock: Clock };

function Row({ listed, clock }: RowProps) {
  const { request_id, state, received_at, expected_at, duration, languages, tags } = listed;
  const { speakers } = listed;
  const at = listed.deleted_at ?? received_at ?? expected_at;
  const title = titleOf(listed);
  const words = wordsOf(listed);
  const facts = [
    speakers === null ? null : counted(speakers, "speaker"),
    duration === null ? null : lengthInWords(duration),
    languages.map(languageInWords).join(", "),
  ].filter(Boolean);
  return (
    <li>
      <input type="checkbox" name="id" value={request_id} aria-label={`Select ${title}`} />
      <div>
        <a class="title" href={`/transcripts/${request_id}`}>
          <bdi>{title}</bdi>
        </a>
        {words !== null && (
          <p class="words">
            <bdi>{words}</bdi>
          </p>
        )}
        <Tags tags={tags} />
      </div>
      <div class="side">
        <span>
          <span class="hidden">State: </span>
          <Badge {...STATE_BADGES[state]} />
        </span>
        <span>{at && <Time iso={at} clock={clock} />}</span>
        <span>
          {facts.join(" · ")}
          <Health counts={listed.follow_ups} />
        </span>
        <span class="over">
          <span class="hidden">request_id </span>
          <code>{request_id.slice(0, ID_CHARS)}</code>
          <Copy text={request_id} what="request_id" />
        </span>
      </div>
    </li>
  );
}

/** The title that was given, of a failure its error, else the first words. */
function titleOf({ title, state, error, preview }: ListedTranscript): string {
  const own = state === "failed" ? error?.message : preview;
  const shown = labelText(title ?? "") || labelText(own ?? "") || "Untitled";
  return shown.slice(0, MAX_TITLE_CHARS).toWellFormed();
}

/** What stands under a title that was given. */
function wordsOf({ title, state, error, preview }: ListedTranscript): string | null {
  if (labelText(title ?? "") === "") return null;
  return labelText((state === "failed" ? error?.message : preview) ?? "") || null;
}

/** How the follow-ups of a transcript are, where it has any: "1 of 4 failed", "2 of 4 pending", "4 done". */
function Health({ counts: { done, pending, failed } }: { counts: ListedTranscript["follow_ups"] }) {
  const all = done + pending + failed;
  if (all === 0) return null;
  const tone = failed > 0 ? "red" : pending > 0 ? "gray" : "green";
  const icon = failed > 0 ? "cross" : pending > 0 ? "ring" : "tick";
  const word =
    failed > 0
      ? `${failed} of ${all} failed`
      : pending > 0
        ? `${pending} of ${all} pending`
        : `${done} done`;
  return (
    <span class="health">
      <span class="hidden">Follow-ups: </span>
      <Badge {...{ tone, icon, word }} />
    </span>
  );
}
