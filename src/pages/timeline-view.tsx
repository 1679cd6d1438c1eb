import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { Config } from "../config/config.ts";
import { recipientProblem } from "../follow-ups/allowed-effects.ts";
import type { Timeline } from "../read/timeline.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { ActionCode, Badge, counted, followUpBadge, Icon, type IconName } from "./components.tsx";
import {
  bytesInWords,
  type Clock,
  followUpInWords,
  msInWords,
  percentInWords,
  Time,
  timeOfDay,
  timeWithSeconds,
} from "./in-words.tsx";

type TimelineProps = {
  timeline: Timeline;
  status: TranscriptStatus;
  session: Session;
  config: Config;
  clock: Clock;
  path: string;
};

type Event = Timeline["events"][number];

type Attempt = Extract<Event, { event: "attempt" }>;

const DIGEST_CHARS = 8;
/** The ledger keeps so many of each follow-up. */
const KEPT_ATTEMPTS = 20;

/** All that has happened to a request; a follow-up is one item, at its first attempt. */
export const TimelineView = (props: TimelineProps) => (
  <section aria-labelledby="timeline">
    <h2 id="timeline" tabindex={-1}>
      Timeline
    </h2>
    <ol class="timeline" data-live="timeline">
      {itemsOf(props)}
    </ol>
    {props.timeline.truncated && <p class="dim small">Not all of it is shown.</p>}
  </section>
);

function itemsOf(props: TimelineProps): Child[] {
  const { timeline, status, clock } = props;
  const items: Child[] = [];
  const shown = new Set<string>();
  for (const event of timeline.events) {
    if ("name" in event) {
      if (shown.has(event.name)) continue;
      shown.add(event.name);
      items.push(<FollowUp {...props} name={event.name} at={event.at} />);
    } else {
      const { icon, text } = sentenceOf(event);
      items.push(
        <Item
          icon={icon}
          title={text}
          time={<Time iso={event.at} clock={clock} show={timeWithSeconds} />}
        />,
      );
    }
  }
  // Of an entry that an older version wrote no attempt is known.
  for (const { name, updated_at } of status.follow_ups) {
    if (!shown.has(name)) items.push(<FollowUp {...props} name={name} at={updated_at} />);
  }
  return items;
}

type ItemProps = { icon: IconName; title: Child; time: Child; children?: Child };

const Item = ({ icon, title, time, children }: ItemProps) => (
  <li>
    <Icon name={icon} />
    <div>
      {title} <span class="dim">{time}</span>
      {children}
    </div>
  </li>
);

function sentenceOf(event: Exclude<Event, { name: string }>): { icon: IconName; text: Child } {
  switch (event.event) {
    case "submitted":
      return { icon: "clock", text: event.by === null ? "Submitted" : `Submitted by ${event.by}` };
    case "live":
      return { icon: "dot", text: "Live" };
    case "received":
      return {
        icon: event.state === "failed" ? "cross" : "tick",
        text: `${event.state === "failed" ? "Failed" : "Received"} · ${bytesInWords(event.bytes)} · SHA-256 ${event.sha256.slice(0, DIGEST_CHARS)}…`,
      };
    case "version":
      return { icon: "copy", text: "Another version received" };
    case "promoted":
      return { icon: "tick", text: "Version promoted" };
    case "overdue":
      return { icon: "triangle", text: "Overdue" };
    case "failed":
      return { icon: "cross", text: "Failed" };
    case "resubmitted":
      return {
        icon: "loop",
        text: (
          <>
            Submitted again as{" "}
            <a href={`/transcripts/${event.successor}`}>
              <code>{event.successor.slice(0, DIGEST_CHARS)}</code>
            </a>
          </>
        ),
      };
    case "shared":
      return { icon: "link", text: "Link created" };
  }
}

type FollowUpProps = TimelineProps & { name: string; at: string };

function FollowUp(props: FollowUpProps) {
  const { timeline, status, clock, name, at } = props;
  const known = status.follow_ups.find((each) => each.name === name);
  const state = known?.state ?? "queued";
  const attempts = timeline.events.filter(
    (event): event is Attempt => event.event === "attempt" && event.name === name,
  );
  const next = timeline.events
    .flatMap((event) => ("next_at" in event && event.name === name ? (event.next_at ?? []) : []))
    .at(-1);
  const isWaiting = state === "queued" || state === "retrying";
  const { icon } = followUpBadge(state);
  return (
    <Item
      icon={icon}
      title={
        <>
          <Badge {...followUpBadge(state)} /> <bdi>{followUpInWords(name)}</bdi>
          {known?.progress !== undefined &&
            state !== "done" &&
            ` (${percentInWords(known.progress)})`}
        </>
      }
      time={<Time iso={at} clock={clock} show={timeWithSeconds} />}
    >
      {attempts.length > 0 && (
        <details open={state !== "done"}>
          <summary>{counted(attempts.length, "attempt")}</summary>
          <ol class="attempts">
            {attempts.map((attempt) => (
              <li>
                {attemptInWords(attempt)} ·{" "}
                <Time iso={attempt.at} clock={clock} show={timeWithSeconds} />
                {attempt.error && attempt.outcome !== "done" && (
                  <>
                    <br />
                    <bdi class="dim">{attempt.error}</bdi>
                  </>
                )}
              </li>
            ))}
          </ol>
          {(attempts[0]?.attempt ?? 1) > 1 && attempts.length >= KEPT_ATTEMPTS && (
            <p class="dim small">Earlier attempts aren't kept.</p>
          )}
        </details>
      )}
      {isWaiting && next && (
        <p class="small">
          Next attempt <Time iso={next} clock={clock} show={timeOfDay} />
        </p>
      )}
      <Retry {...props} state={state} />
    </Item>
  );
}

const OUTCOMES: Record<Attempt["outcome"], string> = {
  running: "under way",
  done: "done",
  partial: "under way",
  retrying: "failed",
  failed: "failed",
  uncertain: "no answer",
  cancelled: "cancelled",
  unknown: "its end is not known",
};

const STATUS_WORDS: Record<number, string> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  410: "Gone",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** "Attempt 3 · 400 Bad Request · 180 ms". */
function attemptInWords({ attempt, status, outcome, ms }: Attempt): string {
  const answer =
    status === undefined ? OUTCOMES[outcome] : `${status} ${STATUS_WORDS[status] ?? ""}`.trim();
  const parts = [`Attempt ${attempt}`, answer, ...(ms === null ? [] : [msInWords(ms)])];
  return parts.join(" · ");
}

const REPEATED = ["failed", "dead", "uncertain"];

/** Where a retry cannot work it says what is missing. */
function Retry({ session, config, name, state, path }: FollowUpProps & { state: string }) {
  if (!session.scopes.includes("admin") || !REPEATED.includes(state)) return null;
  const missing = missingFor(name, config);
  if (missing !== null) return <p class="small">{`${missing}, then retry.`}</p>;
  return (
    <form method="post" action={`${path}/retry`}>
      <ActionCode session={session} />
      <input type="hidden" name="name" value={name} />
      <button type="submit" class="small-button">
        Retry
      </button>
    </form>
  );
}

/** What must be done before a follow-up can be retried; null when nothing is missing. */
function missingFor(name: string, config: Config): string | null {
  const { providers, webhookEndpoints } = config;
  const [channel = "", to = ""] = name.split(":");
  if (channel === "webhook") return webhookEndpoints.has(to) ? null : "Set WEBHOOK_ENDPOINTS";
  if (channel === "email" || channel === "sms") {
    const isRefused = recipientProblem({ channel, to, event: "transcript.received" }, config);
    if (isRefused !== null) return `Add ${to} to RECIPIENTS`;
  }
  const provider =
    channel === "email"
      ? providers.email
      : channel === "sms"
        ? providers.sms
        : providers.translator;
  return provider.ok ? null : `Set ${provider.missing}`;
}
