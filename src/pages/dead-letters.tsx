import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { type Redriven, redrive } from "../follow-ups/redrive.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { type DeadLetter, dismissDeadLetters, readDeadLetter } from "../store/dead-letters.ts";
import { ActionCode, Badge, counted, followUpBadge } from "./components.tsx";
import { page } from "./document.tsx";
import { type Clock, followUpInWords, Time } from "./in-words.tsx";
import { action } from "./page-handlers.tsx";
import { withQuery } from "./view.ts";

// Each costs a read, and a retry three more operations.
const MAX_SELECTED = 50;

const ID_CHARS = 8;

type DeadLettersProps = { deadLetters: readonly DeadLetter[]; session: Session; clock: Clock };

/** The dead letters, to be selected. */
export const DeadLetters = ({ deadLetters, session, clock }: DeadLettersProps) => (
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
