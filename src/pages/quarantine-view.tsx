import type { Session } from "../auth/session.ts";
import type { Quarantined } from "../store/quarantine.ts";
import { ActionCode } from "./document.tsx";
import { bytesInWords, dateTimeInWords } from "./in-words.ts";

type Page = {
  session: Session;
  quarantine: readonly Quarantined[];
  next_cursor: string | null;
};

const DIGEST_CHARS = 12;

/** Verified bodies that could not be matched to a request. */
export const QuarantineView = ({ session, quarantine, next_cursor }: Page) => (
  <section aria-labelledby="quarantine">
    <h2 id="quarantine">Quarantine</h2>
    {quarantine.length === 0 ? (
      <p class="hint">There is nothing in it.</p>
    ) : (
      <ul class="states">
        {quarantine.map(({ digest, reason, bytes, received_at }) => (
          <li class="row">
            <span>
              <a href={`/v1/quarantine/${digest}`} download={`${digest}.bin`}>
                <code>{digest.slice(0, DIGEST_CHARS)}…</code>
              </a>
              : <bdi>{reason}</bdi>, {bytesInWords(bytes)}, {dateTimeInWords(received_at)}
            </span>
            <form method="post" action="/quarantine/delete">
              <ActionCode session={session} />
              <input type="hidden" name="digest" value={digest} />
              <button type="submit" aria-label={`Delete ${digest.slice(0, DIGEST_CHARS)}`}>
                Delete
              </button>
            </form>
          </li>
        ))}
      </ul>
    )}
    {next_cursor && <p class="hint">There is more; this is the first of it.</p>}
  </section>
);
