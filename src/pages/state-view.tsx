import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { ActionCode } from "./document.tsx";
import { FollowUpsView } from "./follow-ups-view.tsx";
import { ageInWords, dateTimeInWords } from "./in-words.ts";
import { labelText } from "./label-text.ts";
import { SubmitAgain } from "./list-view.tsx";

type Stated = {
  session: Session;
  requestId: RequestId | null;
  status: TranscriptStatus | null;
  now: number;
  /** The names of the webhooks there are. */
  webhooks: readonly string[];
};

/** What is known of a transcript that is not there, and what can be done. */
export function StateView(stated: Stated) {
  const { requestId, status, session, webhooks } = stated;
  const path = `/transcripts/${requestId}`;
  return (
    <div class="state">
      {status?.title && (
        <p>
          <bdi>{labelText(status.title)}</bdi>
        </p>
      )}
      <State {...stated} />
      {status?.successor && (
        <p class="alert">
          It was submitted once more, as{" "}
          <a href={`/transcripts/${status.successor}`}>
            <code>{status.successor}</code>
          </a>
          .
        </p>
      )}
      {requestId !== null && (
        <p class="hint">
          request_id <code>{requestId}</code>
        </p>
      )}
      {requestId !== null && status?.state === "failed" && (
        <FollowUpsView {...{ session, status, path, webhooks }} />
      )}
      {isErasable(stated) && (
        <details>
          <summary>Delete what is known of it</summary>
          <form method="post" action={`${path}/delete`}>
            <ActionCode session={session} />
            <button type="submit" class="danger">
              Delete for good
            </button>
          </form>
        </details>
      )}
    </div>
  );
}

const isErasable = ({ session, status }: Stated) =>
  status !== null && status.state !== "deleted" && session.scopes.includes("admin");

function State({ requestId, status, now, session }: Stated) {
  switch (status?.state) {
    case "expected":
      return <Waiting status={status} now={now} />;
    case "live":
      return (
        <StatePanel title="Being spoken now">
          <p>The transcript will be here once the speech has ended.</p>
          <Looking />
          <div id="live" role="log" aria-label="What was said so far" />
        </StatePanel>
      );
    case "failed":
      return <Failed status={status} />;
    case "overdue":
      return <Overdue status={status} now={now} session={session} />;
    case "deleted":
      return (
        <StatePanel title="Deleted">
          <p>
            The transcript was deleted
            {status.deleted_at && ` on ${dateTimeInWords(status.deleted_at)}`}. It cannot be brought
            back.
          </p>
        </StatePanel>
      );
    default:
      return requestId === null ? <NoId /> : <Unknown />;
  }
}

const StatePanel = ({ title, children }: { title: string; children?: Child }) => (
  <>
    <h1>{title}</h1>
    {children}
  </>
);

const Looking = () => (
  <p class="looking" role="status">
    This page looks again by itself.
  </p>
);

type Known = { status: TranscriptStatus; now: number };

const Waiting = ({ status: { expected_at, deadline_at }, now }: Known) => (
  <StatePanel title="Waiting for Deepgram">
    <p>
      The audio was submitted{expected_at && ` ${ageInWords(expected_at, now)} ago`}; the result has
      not come yet.
      {deadline_at && ` It is taken to be lost after ${dateTimeInWords(deadline_at)}.`}
    </p>
    <Looking />
    <h2>If it takes long</h2>
    <Checks />
  </StatePanel>
);

const Overdue = ({ status, now, session }: Known & { session: Session }) => (
  <StatePanel title="Overdue">
    <p>
      Deepgram's callback has not come within its time
      {status.expected_at && `: the audio was submitted ${ageInWords(status.expected_at, now)} ago`}
      {status.deadline_at && `, and the result was due by ${dateTimeInWords(status.deadline_at)}`}.
      Deepgram tries for about five minutes and then gives up without a word.
    </p>
    {!status.successor && (
      <>
        <Looking />
        <h2>What can be done</h2>
        <Checks />
        <p>
          Then submit the audio once more: it gets a new request_id. Should this result still come,
          it is kept and shown here. Audio that was given by its address can be submitted from here.
        </p>
        <SubmitAgain requestId={status.request_id} session={session} />
      </>
    )}
  </StatePanel>
);

const Checks = () => (
  <ul>
    <li>Long audio takes its time: up to several minutes for hours of speech.</li>
    <li>Look the request up in Deepgram's console: it may have failed there.</li>
    <li>The callback address must be this Worker's /hook, reachable from the internet.</li>
    <li>
      The credentials in the callback address must be those in CALLBACK_CREDENTIALS: the log says
      which callbacks were refused.
    </li>
    <li>Behind Cloudflare Access or a firewall rule, Deepgram must be let through to /hook.</li>
  </ul>
);

const Failed = ({ status: { error, received_at } }: { status: TranscriptStatus }) => (
  <StatePanel title="Deepgram could not transcribe the audio">
    <p>
      {received_at && `It said so on ${dateTimeInWords(received_at)}. `}
      {error === null && "It gave no reason."}
    </p>
    {error !== null && (
      <dl class="error">
        {error.code !== null && <Row name="Code" value={error.code} />}
        {error.message !== null && <Row name="Reason" value={error.message} />}
        {error.details !== null && <Row name="Details" value={error.details} />}
      </dl>
    )}
    <p>Check that the audio can be played, and submit it once more.</p>
  </StatePanel>
);

const Row = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <bdi>{value}</bdi>
    </dd>
  </div>
);

const Unknown = () => (
  <StatePanel title="Not known">
    <p>
      No transcript is known by this request_id. It may not have been submitted yet, its callback
      may go elsewhere, or the address may be mistyped.
    </p>
    <Looking />
  </StatePanel>
);

const NoId = () => (
  <StatePanel title="Not known">
    <p>The address has no request_id: that is a UUID, as Deepgram answers to a submission.</p>
  </StatePanel>
);
