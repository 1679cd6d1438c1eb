import * as z from "zod";
import type { Session } from "../auth/session.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { type Names, voiceKey } from "../transcript/formats/speakers.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { ActionCode, Copy } from "./components.tsx";
import { bytesInWords, type Clock, dateTime, percentInWords, Time } from "./in-words.tsx";
import { SearchTerms } from "./insights-view.tsx";
import { numberOf, type Shown } from "./transcript-parts.ts";
import type { Kept } from "./view.ts";

type DetailsProps = {
  session: Session;
  status: TranscriptStatus;
  insights: Insights | null;
  /** The first segments, which tell who speaks. */
  segments: readonly Shown[];
  names: Names;
  path: string;
  kept: Kept;
  clock: Clock;
};

/** What is known of a transcript beside its words. */
export function DetailsView(props: DetailsProps) {
  const { status, insights, session, path, clock } = props;
  const { request_id, received_at, models, extra, sha256, channels, bytes, kind } = status;
  const confidence = insights?.confidence ?? null;
  return (
    <section aria-labelledby="details">
      <h2 id="details" tabindex={-1}>
        Details
      </h2>
      <dl class="details">
        <dt>request_id</dt>
        <dd class="with-copy">
          <code>{request_id}</code>
          <Copy text={request_id} what="request_id" />
        </dd>
        {received_at && (
          <>
            <dt>Received</dt>
            <dd>
              <Time iso={received_at} clock={clock} show={dateTime} />
            </dd>
          </>
        )}
        <Fact name="Model" value={models.join(", ")} />
        <Fact name="Confidence" value={confidence === null ? "" : percentInWords(confidence)} />
        <Fact name="Channels" value={(channels ?? 0) > 1 ? String(channels) : ""} />
        <Fact name="Size" value={bytes === null ? "" : bytesInWords(bytes)} />
        {Object.entries(extra).map(([name, value]) => (
          <Fact name={name} value={typeof value === "string" ? value : JSON.stringify(value)} />
        ))}
        {sha256 && (
          <>
            <dt>SHA-256</dt>
            <dd class="with-copy">
              <code>{sha256}</code>
              <Copy text={sha256} what="SHA-256" />
            </dd>
          </>
        )}
      </dl>
      <Warnings status={status} />
      <Versions status={status} session={session} path={path} clock={clock} />
      {session.scopes.includes("submit") && kind === "transcript" && <Speakers {...props} />}
      <SearchTerms
        searches={insights?.searches ?? []}
        hasChannels={(channels ?? 0) > 1}
        path={path}
        kept={props.kept}
      />
    </section>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) =>
  value === "" ? null : (
    <>
      <dt>
        <bdi>{labelText(name)}</bdi>
      </dt>
      <dd>
        <bdi>{labelText(value)}</bdi>
      </dd>
    </>
  );

const warning = z.object({ message: z.string(), parameter: z.string().optional() });

/** Warnings, and what could not be done of what was asked, in plain words. */
function Warnings({
  status: { warnings, follow_up_problems: problems },
}: {
  status: TranscriptStatus;
}) {
  if (warnings.length + problems.length === 0) return null;
  return (
    <>
      <h3>Warnings</h3>
      <ul class="small">
        {warnings.map((each) => (
          <li>
            <bdi>{warningInWords(each)}</bdi>
          </li>
        ))}
        {problems.map((problem) => (
          <li>
            Asked for, but it can't be done: <bdi>{problem}</bdi>.
          </li>
        ))}
      </ul>
    </>
  );
}

function warningInWords(each: unknown): string {
  const { data } = warning.safeParse(each);
  if (data === undefined) return JSON.stringify(each);
  return data.parameter === undefined ? data.message : `${data.parameter}: ${data.message}`;
}

type VersionsProps = { status: TranscriptStatus; session: Session; path: string; clock: Clock };

function Versions({ status: { conflicts, request_id }, session, path, clock }: VersionsProps) {
  if (conflicts.length === 0) return null;
  const isOperator = session.scopes.includes("admin");
  return (
    <>
      <h3>Other versions</h3>
      <ul class="small plain">
        {conflicts.map(({ sha256, state, bytes, received_at }) => (
          <li>
            {state === "failed" ? "A failure" : "A result"}, {bytesInWords(bytes)},{" "}
            <Time iso={received_at} clock={clock} />{" "}
            <a
              href={`/v1/transcripts/${request_id}.${state === "failed" ? "json" : "html"}?version=${sha256}`}
            >
              Read
            </a>{" "}
            {isOperator && (
              <a href={`${path}/versions/${sha256}`} data-dialog>
                Promote
              </a>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Speakers({ session, status, segments, names, path }: DetailsProps) {
  const speakers = new Map(segments.map(({ segment }) => [voiceKey(segment), segment]));
  const hasChannels = (status.channels ?? 0) > 1;
  if (speakers.size === 0) return null;
  return (
    <>
      <h3>Speakers</h3>
      <form method="post" action={`${path}/names`} id="names">
        <ActionCode session={session} />
        {[...speakers].map(([key, speaker]) => (
          <p class="field">
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
    </>
  );
}
