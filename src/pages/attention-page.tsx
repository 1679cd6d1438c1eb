import type { Child } from "hono/jsx";
import { listTranscripts } from "../catalogue/list.ts";
import type { ListedTranscript } from "../catalogue/list-query.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { listDeadLetters } from "../store/dead-letters.ts";
import { listQuarantine } from "../store/quarantine.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { count, counted, Empty, Notice } from "./components.tsx";
import { DeadLetters } from "./dead-letters.tsx";
import { page } from "./document.tsx";
import { type Clock, clockOf, Time, timeInSentence } from "./in-words.tsx";
import { requireScopeOf, signedIn } from "./page-handlers.tsx";
import { UnmatchedRow } from "./unmatched-page.tsx";

const PAGE = 25;
const CATALOGUE_WITHIN_MS = 5_000;
const ID_CHARS = 8;

/** `GET /attention`: what is stuck until a person looks at it. */
export const getAttention: Handler = signedIn(async (c, session) => {
  requireScopeOf(session, "admin");
  const bucket = c.env.TRANSCRIPTS;
  const clock = clockOf(c);
  const [
    overdue,
    { deadLetters, next_cursor: moreDeadLetters },
    { quarantine, next_cursor: moreBodies },
  ] = await Promise.all([
    listOverdue(c.env.CATALOGUE),
    listDeadLetters(bucket, { limit: PAGE }).catch(storageUnavailable),
    listQuarantine(bucket, PAGE, undefined).catch(storageUnavailable),
  ]);
  const isEmpty = overdue?.length === 0 && deadLetters.length === 0 && quarantine.length === 0;
  const main = (
    <>
      <Done done={c.req.query("done")} n={Number(c.req.query("n") ?? 0)} />
      <h1>Needs attention</h1>
      {overdue === null && (
        <Notice tone="red">
          <p>The list isn't available. Overdue requests can't be shown at the moment.</p>
        </Notice>
      )}
      {isEmpty && <Empty title="Nothing needs attention" />}
      {overdue !== null && overdue.length > 0 && (
        <Section
          id="overdue"
          title="Overdue"
          number={overdue.length}
          hasMore={overdue.length === PAGE}
        >
          <ol class="rows">
            {overdue.map((each) => (
              <Overdue listed={each} clock={clock} />
            ))}
          </ol>
        </Section>
      )}
      {deadLetters.length > 0 && (
        <Section
          id="dead-letters"
          title="Failed follow-ups"
          number={deadLetters.length}
          hasMore={moreDeadLetters !== null}
        >
          <DeadLetters {...{ deadLetters, session, clock }} />
        </Section>
      )}
      {quarantine.length > 0 && (
        <Section
          id="quarantine"
          title="Unmatched callbacks"
          number={quarantine.length}
          hasMore={moreBodies !== null}
        >
          <ol class="rows">
            {quarantine.map((each) => (
              <UnmatchedRow quarantined={each} clock={clock} />
            ))}
          </ol>
        </Section>
      )}
    </>
  );
  return page(c, { title: "Needs attention", main, session, place: "attention" });
});

/** Null when the catalogue does not answer. */
async function listOverdue(db: D1Database): Promise<ListedTranscript[] | null> {
  try {
    const listing = listTranscripts(db, { state: "overdue", limit: PAGE });
    return (await timeout(listing, CATALOGUE_WITHIN_MS, "the catalogue")).transcripts;
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

const DONE: Record<string, (n: number) => string> = {
  retried: (n) => `${counted(n, "follow-up")} will be tried again.`,
  dismissed: (n) => `${counted(n, "failed follow-up")} dismissed.`,
  deleted: () => "Deleted.",
};

function Done({ done = "", n }: { done: string | undefined; n: number }) {
  const words = DONE[done];
  return words === undefined ? null : (
    <Notice tone="green" isFocused>
      <p>{words(Number.isSafeInteger(n) ? n : 0)}</p>
    </Notice>
  );
}

type SectionProps = {
  id: string;
  title: string;
  number: number;
  hasMore: boolean;
  children: Child;
};

const Section = ({ id, title, number, hasMore, children }: SectionProps) => (
  <section aria-labelledby={id}>
    <h2 id={id}>
      {title} <span class="dim">{`${count(number)}${hasMore ? "+" : ""}`}</span>
    </h2>
    {children}
  </section>
);

const Overdue = ({ listed, clock }: { listed: ListedTranscript; clock: Clock }) => (
  <li>
    <div>
      <a class="title" href={`/transcripts/${listed.request_id}`}>
        <bdi>{labelText(listed.title ?? "") || "Untitled"}</bdi>
      </a>
    </div>
    <div class="side">
      <code>{listed.request_id.slice(0, ID_CHARS)}</code>
      {listed.expected_at && (
        <span>
          Submitted <Time iso={listed.expected_at} clock={clock} show={timeInSentence} />
        </span>
      )}
      {listed.deadline_at && (
        <span>
          Due <Time iso={listed.deadline_at} clock={clock} show={timeInSentence} />
        </span>
      )}
    </div>
  </li>
);
