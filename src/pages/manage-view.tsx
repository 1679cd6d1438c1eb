import type { Session } from "../auth/session.ts";
import { formatsOf } from "../read/formats.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import type { Share } from "../store/shares.ts";
import { type Names, voiceKey } from "../transcript/formats/voice-names.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import { ActionCode } from "./document.tsx";
import { FollowUpsView } from "./follow-ups-view.tsx";
import { clockInWords, dateTimeInWords } from "./in-words.ts";
import { SearchTerms } from "./insights-view.tsx";
import type { Kept } from "./more-link.tsx";
import type { Shown } from "./part.ts";
import { numberOf } from "./speakers.ts";
import { withQuery } from "./view.ts";

type Managed = {
  session: Session;
  status: TranscriptStatus;
  segments: readonly Shown[];
  names: Names;
  shares: readonly (Share & { url: string })[];
  /** The address of the page, and that of the files without their suffix. */
  path: string;
  files: string;
  /** The names of the webhooks there are. */
  webhooks: readonly string[];
  /** Of Deepgram's own search. */
  searches: Insights["searches"];
  /** Parameters of the page that its links keep. */
  kept: Kept;
};

/** What those who are signed in may do with a transcript, as far as their scopes go. */
export function ManageView(managed: Managed) {
  const { session, files, status, searches, path, kept } = managed;
  const isSpeech = status.kind !== "text";
  const may = (scope: "submit" | "admin") => session.scopes.includes(scope);
  const fileOf = (format: string) =>
    withQuery(`${files}.${format}`, { download: "true", names: isNamed(format) ? "true" : null });
  return (
    <>
      <Downloads hrefOf={fileOf} formats={formatsOf(status.kind)} />
      <SearchTerms {...{ searches, path, kept }} hasChannels={(status.channels ?? 0) > 1} />
      <FollowUpsView {...managed} />
      {may("submit") && isSpeech && <Speakers {...managed} />}
      {may("submit") && <Shares {...managed} />}
      {may("admin") && <Delete {...managed} />}
    </>
  );
}

// The other formats have speakers by number.
const isNamed = (format: string) => ["vtt", "srt", "txt", "md", "html"].includes(format);

type DownloadsView = { hrefOf: (format: string) => string; formats: readonly string[] };

export const Downloads = ({ hrefOf, formats }: DownloadsView) => (
  <section aria-labelledby="downloads">
    <h2 id="downloads">Download</h2>
    <ul class="chips">
      {formats.map((format) => (
        <li>
          <a href={hrefOf(format)}>{format.toUpperCase()}</a>
        </li>
      ))}
    </ul>
  </section>
);

function Speakers({ session, status, segments, names, path }: Managed) {
  const speakers = new Map(segments.map(({ segment }) => [voiceKey(segment), segment]));
  const hasChannels = (status.channels ?? 0) > 1;
  return (
    <section aria-labelledby="speakers">
      <h2 id="speakers">Speakers</h2>
      <form method="post" action={`${path}/names`}>
        <ActionCode session={session} />
        {[...speakers].map(([key, speaker]) => (
          <p>
            <label for={`speaker-${key}`}>{numberOf(speaker, hasChannels) ?? "The speaker"}</label>
            <input
              id={`speaker-${key}`}
              name={`name.${key}`}
              value={names.get(key) ?? ""}
              maxlength={80}
              placeholder="Name"
            />
          </p>
        ))}
        <button type="submit">Save names</button>
      </form>
    </section>
  );
}

const DAY_SECONDS = 86_400;

const LIVES: [number, string][] = [
  [DAY_SECONDS, "1 day"],
  [7 * DAY_SECONDS, "7 days"],
  [30 * DAY_SECONDS, "30 days"],
  [365 * DAY_SECONDS, "1 year"],
];

function Shares({ session, status, shares, path }: Managed) {
  return (
    <section aria-labelledby="shares">
      <h2 id="shares">Share</h2>
      {shares.length > 0 && (
        <ul class="shares">
          {shares.map(({ id, url, from, to, expires_at }) => (
            <li>
              <input class="url" readonly value={url} aria-label="Link" />
              <span>
                {rangeInWords(from, to)}, until {dateTimeInWords(expires_at)}
              </span>
              <form method="post" action={`${path}/shares/revoke`}>
                <ActionCode session={session} />
                <input type="hidden" name="id" value={id} />
                <button type="submit">Revoke</button>
              </form>
            </li>
          ))}
        </ul>
      )}
      <form method="post" action={`${path}/shares`}>
        <ActionCode session={session} />
        <p>
          <label for="expires">For</label>
          <select id="expires" name="expires_in">
            {LIVES.map(([seconds, name]) => (
              <option value={String(seconds)} selected={seconds === 7 * DAY_SECONDS}>
                {name}
              </option>
            ))}
          </select>
        </p>
        {status.kind !== "text" && (
          <p class="pair">
            <label for="share-from">From second</label>
            <input id="share-from" name="from" inputmode="decimal" placeholder="start" />
            <label for="share-to">to</label>
            <input id="share-to" name="to" inputmode="decimal" placeholder="end" />
          </p>
        )}
        <button type="submit">Make a link</button>
        <p class="hint">Anyone who has the link can read this without signing in.</p>
      </form>
    </section>
  );
}

function rangeInWords(from: number | null, to: number | null): string {
  if (from === null && to === null) return "All of it";
  return `${clockInWords(from ?? 0)} to ${to === null ? "the end" : clockInWords(to)}`;
}

const Delete = ({ session, path }: Managed) => (
  <section aria-labelledby="delete">
    <h2 id="delete">Delete</h2>
    <details>
      <summary>Delete this transcript</summary>
      <form method="post" action={`${path}/delete`}>
        <ActionCode session={session} />
        <p>It is erased with its translations and links, for good.</p>
        <button type="submit" class="danger">
          Delete for good
        </button>
      </form>
    </details>
  </section>
);
