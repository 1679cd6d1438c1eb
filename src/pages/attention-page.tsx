import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import { listTranscripts } from "../catalogue/list.ts";
import type { ListedTranscript } from "../catalogue/list-query.ts";
import type { AppEnv } from "../config/config.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { type Redriven, redrive } from "../follow-ups/redrive.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import {
  type DeadLetter,
  dismissDeadLetters,
  listDeadLetters,
  readDeadLetter,
} from "../store/dead-letters.ts";
import { listQuarantine } from "../store/quarantine.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { ActionCode, Badge, count, counted, Empty, followUpBadge, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { type Clock, clockOf, followUpInWords, Time, timeInSentence } from "./in-words.tsx";
import { action, requireScopeOf, signedIn } from "./page-handlers.tsx";
import { UnmatchedRow } from "./unmatched-page.tsx";
import { withQuery } from "./view.ts";

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

// Each costs a read, and a retry three more operations.
const MAX_SELECTED = 50;

type DeadLettersProps = { deadLetters: readonly DeadLetter[]; session: Session; clock: Clock };

/** The dead letters, to be selected. */
const DeadLetters = ({ deadLetters, session, clock }: DeadLettersProps) => (
  <form method="post" action="/dead-letters/preview">
    <ActionCode session={session} />
    <ol class="rows selectable">
      {deadLetters.map((deadLetter) => {
        const { requestId, name } = partsOf(deadLetter);
        return (
          <li>
            <input type="checkbox" name="id" value={deadLetter.id} aria-label={`Select ${name}`} />
            <div>
              {requestId === null ? (
                <bdi>{name}</bdi>
              ) : (
                <a class="title" href={`/transcripts/${requestId}`}>
                  <bdi>{name}</bdi>
                </a>
              )}
              <p class="words">
                <bdi>{deadLetter.reason}</bdi>
              </p>
            </div>
            <div class="side">
              <Badge {...followUpBadge(deadLetter.state)} />
              <span>{counted(deadLetter.attempts, "attempt")}</span>
              <Time iso={deadLetter.died_at} clock={clock} />
              {requestId !== null && <code>{requestId.slice(0, ID_CHARS)}</code>}
            </div>
          </li>
        );
      })}
    </ol>
    <div class="selection">
      <span class="js" role="status" />
      <button type="submit">Retry</button>
      <button type="submit" formaction="/dead-letters/dismiss">
        Dismiss
      </button>
    </div>
  </form>
);

/** Of which request a dead letter is, and which of its follow-ups; null for no message of ours. */
function partsOf({ id }: DeadLetter) {
  const [first = "", ...rest] = id.split("/");
  const requestId = parseRequestId(first);
  if (requestId === null) return { requestId, name: "A message that is not of this Worker" };
  const name = rest.join("/");
  return {
    requestId,
    name: name === "callback" ? "What follows the callback" : followUpInWords(name),
  };
}

/** `POST /dead-letters/preview`: what retrying the follow-ups chosen would do. */
export const postPreview: Handler = action("admin", async (c, form, session) => {
  const results = await redriveAll(c, chosen(form), true);
  const able = results.filter(({ action }) => action !== "skipped");
  const title = `Retry ${counted(able.length, "follow-up")}?`;
  const main = (
    <div class="form">
      <h1>{title}</h1>
      <ul>
        {results.map(({ deadLetter, action, reason }) => (
          <li>
            <bdi>{partsOf(deadLetter).name}</bdi>{" "}
            {action === "skipped" ? (
              <>
                is left alone: <bdi>{reason ?? ""}</bdi>
              </>
            ) : deadLetter.state === "uncertain" ? (
              "is tried again. It may already have been sent."
            ) : (
              "is tried again."
            )}
          </li>
        ))}
      </ul>
      <form method="post" action="/dead-letters/redrive">
        <ActionCode session={session} />
        {able.map(({ id }) => (
          <input type="hidden" name="id" value={id} />
        ))}
        <div class="actions">
          <a class="button" href="/attention" autofocus>
            Cancel
          </a>
          {able.length > 0 && (
            <button type="submit" class="primary">
              Retry
            </button>
          )}
        </div>
      </form>
    </div>
  );
  return page(c, { title, main, session, place: "attention" });
});

/** `POST /dead-letters/redrive` */
export const postRedriveForm: Handler = action("admin", async (c, form) => {
  const results = await redriveAll(c, chosen(form), false);
  const n = results.filter(({ action }) => action === "redriven").length;
  return c.redirect(withQuery("/attention", { done: "retried", n }), 303);
});

/** `POST /dead-letters/dismiss` */
export const postDismiss: Handler = action("admin", async (c, form) => {
  const ids = chosen(form);
  await dismissDeadLetters(c.env.TRANSCRIPTS, ids).catch(storageUnavailable);
  return c.redirect(withQuery("/attention", { done: "dismissed", n: ids.length }), 303);
});

function chosen(form: URLSearchParams): string[] {
  const ids = form.getAll("id");
  if (ids.length === 0) throw problem(422, "invalid_form", "Select at least one follow-up.");
  if (ids.length > MAX_SELECTED)
    throw problem(422, "invalid_form", `Select at most ${MAX_SELECTED} follow-ups.`);
  return ids;
}

async function redriveAll(c: Context<AppEnv>, ids: readonly string[], isDry: boolean) {
  const results: (Redriven & { deadLetter: DeadLetter })[] = [];
  for (const id of ids) {
    const deadLetter = await readDeadLetter(c.env.TRANSCRIPTS, id).catch(storageUnavailable);
    if (deadLetter === null) continue;
    // Each was chosen by a person, who has seen what may have happened already.
    const options = { isDry, skipsUncertain: false, now: Date.now() };
    const redriven = await redrive(c.env, c.var.config, deadLetter, options).catch(
      storageUnavailable,
    );
    results.push({ ...redriven, deadLetter });
  }
  return results;
}
