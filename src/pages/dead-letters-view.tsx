import type { Session } from "../auth/session.ts";
import type { Redriven } from "../follow-ups/redrive.ts";
import type { DeadLetter } from "../store/dead-letters.ts";
import { ActionCode } from "./document.tsx";
import { dateTimeInWords } from "./in-words.ts";

type Props = { session: Session; deadLetters: readonly DeadLetter[]; next_cursor: string | null };

/** Work that was given up, to be chosen for another try. */
export const DeadLettersView = ({ session, deadLetters, next_cursor }: Props) => (
  <section aria-labelledby="dead-letters">
    <h2 id="dead-letters">Dead letters</h2>
    {deadLetters.length === 0 ? (
      <p class="hint">There are none.</p>
    ) : (
      <form method="post" action="/dead-letters/preview">
        <ActionCode session={session} />
        <ul class="states">
          {deadLetters.map(({ id, state, attempts, reason, died_at }, index) => (
            <li>
              <input type="checkbox" name="id" value={id} id={`dead-letter-${index}`} checked />{" "}
              <label for={`dead-letter-${index}`}>
                <bdi>{id}</bdi>
              </label>
              : <b class={`s-${state}`}>{state}</b> after {String(attempts)} attempts,{" "}
              {dateTimeInWords(died_at)}. <bdi>{reason}</bdi>
            </li>
          ))}
        </ul>
        <button type="submit">Show what trying again would do</button>
        {next_cursor && <p class="hint">There are more; these are the first.</p>}
      </form>
    )}
  </section>
);

type Outcome = { session: Session; results: readonly Redriven[]; isDry: boolean };

/** What redriving did, or what it would do, with the button that does it. */
export function RedriveView({ session, results, isDry }: Outcome) {
  const able = results.filter(({ action }) => action !== "skipped");
  return (
    <>
      <h1>{isDry ? "What trying again would do" : "Tried again"}</h1>
      <ul class="states">
        {results.map(({ id, action, reason }) => (
          <li>
            <bdi>{id}</bdi>: <b>{OUTCOMES[action]}</b>
            {reason !== null && `, ${reason}`}
          </li>
        ))}
      </ul>
      {isDry && results.length > 0 && (
        <form method="post" action="/dead-letters/dismiss">
          <ActionCode session={session} />
          {results.map(({ id }) => (
            <input type="hidden" name="id" value={id} />
          ))}
          <button type="submit">Put {String(results.length)} away without trying</button>
        </form>
      )}
      {isDry && able.length > 0 && (
        <form method="post" action="/dead-letters/redrive">
          <ActionCode session={session} />
          {able.map(({ id }) => (
            <input type="hidden" name="id" value={id} />
          ))}
          <button type="submit" class="main">
            Try {String(able.length)} again
          </button>
        </form>
      )}
      <p>
        <a href="/">Back to the desk</a>
      </p>
    </>
  );
}

const OUTCOMES = {
  redriven: "handed to the queue",
  "would-redrive": "would be tried again",
  skipped: "left alone",
} as const;
