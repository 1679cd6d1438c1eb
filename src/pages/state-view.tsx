import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { Config } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { ActionCode, Badge, Copy, Notice, STATE_BADGES } from "./components.tsx";
import { type Clock, dateTime, Time, timeInSentence, timeOfDay } from "./in-words.tsx";
import { Rename } from "./transcript-menus.tsx";
import { MARKERS } from "./transcript-parts.ts";

type StateProps = {
  session: Session;
  requestId: RequestId | null;
  status: TranscriptStatus | null;
  clock: Clock;
  config: Config;
  /** Whether the audio was given by its address: only then can it be submitted from here. */
  hasUrl: boolean;
  /** The timeline, of what is known. */
  aside?: Child;
};

const TITLES: Record<string, string> = {
  expected: "Waiting for Deepgram",
  live: "Live",
  overdue: "The callback hasn't arrived",
  failed: "Deepgram couldn't transcribe this audio",
  deleted: "Deleted",
};

/** What a page of a state is about. */
export const stateTitle = (state: string, requestId: RequestId | null): string =>
  TITLES[state] ??
  (requestId === null ? "This isn't a request_id" : "No transcript with this request_id");

/** What is known of a transcript that is not there, and what can be done. */
export function StateView(props: StateProps) {
  const { requestId, status, session } = props;
  const title = labelText(status?.title ?? "");
  const isErasable =
    status !== null && status.state !== "deleted" && session.scopes.includes("admin");
  return (
    <div class="reader">
      <div class="reader-head">
        <div class="head">
          <div class="title-line">
            <h1>
              <bdi>
                {title || (status === null ? stateTitle("unknown", requestId) : "Untitled")}
              </bdi>
            </h1>
            {status && status.state !== "deleted" && requestId !== null && (
              <Rename session={session} path={`/transcripts/${requestId}`} />
            )}
            {status && <Badge {...STATE_BADGES[status.state]} />}
          </div>
          {isErasable && (
            <div class="head-actions">
              <a class="button danger" href={`/transcripts/${requestId}/delete`} data-dialog>
                Delete
              </a>
            </div>
          )}
        </div>
        {requestId !== null && (
          <ul class="facts">
            <li class="with-copy">
              request_id <code>{requestId}</code> <Copy text={requestId} what="request_id" />
            </li>
          </ul>
        )}
        {status?.successor && (
          <Notice tone="blue">
            <p>
              Submitted again as{" "}
              <a href={`/transcripts/${status.successor}`}>
                <code>{status.successor}</code>
              </a>
            </p>
          </Notice>
        )}
      </div>
      <div class="panel">
        <State {...props} />
      </div>
      {props.aside && <aside aria-label="About this request">{props.aside}</aside>}
    </div>
  );
}

function State({ requestId, status, clock, session, config, hasUrl }: StateProps) {
  switch (status?.state) {
    case "expected":
      return <Waiting status={status} clock={clock} />;
    case "live":
      return (
        <Panel title={TITLES.live ?? ""}>
          <div class="live-bar js">
            <button type="button" id="pause-live" aria-pressed="false">
              Pause
            </button>
            <button type="button" id="jump-live" hidden>
              Jump to live
            </button>
          </div>
          <template id="markers">{raw(MARKERS.join(""))}</template>
          <div id="live" role="log" aria-label="What was said so far" tabindex={0} />
          <p class="no-js">This page updates automatically.</p>
        </Panel>
      );
    case "failed":
      return <Failed {...{ status, session, hasUrl }} />;
    case "overdue":
      return <Overdue {...{ status, session, config, hasUrl }} />;
    case "deleted":
      return (
        <Panel title={TITLES.deleted ?? ""}>
          <p>
            {status.deleted_at
              ? `Deleted on ${dateTime(status.deleted_at, clock)}. It can't be restored.`
              : "It can't be restored."}
          </p>
        </Panel>
      );
    default:
      return requestId === null ? (
        <p>
          A request_id is a UUID, as Deepgram answers to a submission. <a href="/">Transcripts</a>
        </p>
      ) : (
        <p role="status">If its callback arrives, this page opens it.</p>
      );
  }
}

const Panel = ({ title, children }: { title: string; children?: Child }) => (
  <section aria-labelledby="state">
    <h2 id="state">{title}</h2>
    {children}
  </section>
);

type Known = { status: TranscriptStatus; clock: Clock };

const Waiting = ({ status: { expected_at, deadline_at }, clock }: Known) => (
  <Panel title={TITLES.expected ?? ""}>
    <p role="status">
      {expected_at && (
        <>
          Submitted <Time iso={expected_at} clock={clock} show={timeInSentence} />.{" "}
        </>
      )}
      {deadline_at && (
        <>
          Overdue after <Time iso={deadline_at} clock={clock} show={timeOfDay} />.{" "}
        </>
      )}
      This page updates automatically.
    </p>
  </Panel>
);

type OverdueProps = Pick<StateProps, "session" | "config" | "hasUrl"> & {
  status: TranscriptStatus;
};

const Overdue = ({ status, session, config, hasUrl }: OverdueProps) => (
  <Panel title={TITLES.overdue ?? ""}>
    <p>Deepgram retries for five minutes, then stops.</p>
    <h3>What to check</h3>
    <ul>
      <li>Deepgram's console: the request may have failed there.</li>
      <li>
        The callback URL: it must be <code>{`${config.publicUrl}/hook`}</code>, reachable from the
        internet.
      </li>
      <li>CALLBACK_CREDENTIALS: they must be those in the callback URL.</li>
      <li>Cloudflare Access and firewall rules: they must let Deepgram reach /hook.</li>
    </ul>
    {!status.successor && !hasUrl && <p>Submit the file again.</p>}
    {!status.successor && hasUrl && session.scopes.includes("submit") && (
      <form method="post" action={`/transcripts/${status.request_id}/resubmit`}>
        <ActionCode session={session} />
        <button type="submit" class="primary">
          Submit again
        </button>
      </form>
    )}
  </Panel>
);

const Failed = ({
  status: { error, request_id },
  session,
  hasUrl,
}: Pick<OverdueProps, "status" | "session" | "hasUrl">) => (
  <Panel title={TITLES.failed ?? ""}>
    {error === null ? (
      <p>It gave no reason.</p>
    ) : (
      <dl class="details">
        <Row name="Reason" value={error.message} />
        <Row name="Code" value={error.code} />
        <Row name="Details" value={error.details} />
      </dl>
    )}
    {!hasUrl && <p>Submit the file again.</p>}
    {hasUrl && session.scopes.includes("submit") && (
      <p>
        <a class="button primary" href={`/submit?again=${request_id}`}>
          Submit again
        </a>
      </p>
    )}
  </Panel>
);

const Row = ({ name, value }: { name: string; value: string | null }) =>
  value === null ? null : (
    <>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </>
  );
