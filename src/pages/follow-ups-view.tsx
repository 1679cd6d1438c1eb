import type { Session } from "../auth/session.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { ActionCode } from "./document.tsx";
import { FOLLOW_UP_STATES, followUpInWords, percentInWords } from "./in-words.ts";

type FollowUps = {
  session: Session;
  status: TranscriptStatus;
  path: string;
  /** The names of the webhooks there are. */
  webhooks: readonly string[];
};

type FollowUp = TranscriptStatus["follow_ups"][number];

const CAN_BE_REPEATED = ["failed", "dead", "uncertain"];

/** What follows a transcript, how far it is, and more to be asked for. */
export function FollowUpsView({ session, status, path, webhooks }: FollowUps) {
  const { follow_ups: followUps, kind } = status;
  const maySubmit = session.scopes.includes("submit");
  if (followUps.length === 0 && !maySubmit) return null;
  return (
    <section id="follow-ups" aria-labelledby="follow-ups-title">
      <h2 id="follow-ups-title">Follow-ups</h2>
      <div data-live="follow-ups">
        {followUps.length === 0 ? (
          <p class="hint">None were asked for.</p>
        ) : (
          <ul class="states">
            {followUps.map((followUp) => (
              <li>
                <State followUp={followUp} />
                <Repeat {...{ session, path, followUp }} />
              </li>
            ))}
          </ul>
        )}
      </div>
      {maySubmit && kind === "transcript" && <Translate {...{ session, path }} />}
      {maySubmit && <Tell {...{ session, path, webhooks }} />}
    </section>
  );
}

type Asked = Pick<FollowUps, "session" | "path">;

const Translate = ({ session, path }: Asked) => (
  <form method="post" action={`${path}/follow-ups`}>
    <ActionCode session={session} />
    <p>
      <label for="translate">Translate into</label>
      <input
        id="translate"
        name="translate"
        placeholder="es, pt-BR"
        pattern="[A-Za-z0-9, -]+"
        required
      />
    </p>
    <button type="submit">Translate</button>
  </form>
);

const Tell = ({ session, path, webhooks }: Asked & Pick<FollowUps, "webhooks">) => (
  <details>
    <summary>Tell somebody</summary>
    <form method="post" action={`${path}/follow-ups`}>
      <ActionCode session={session} />
      {webhooks.length > 0 && (
        <p>
          <label for="notify-webhook">Webhook</label>
          <select id="notify-webhook" name="webhook">
            <option value="">none</option>
            {webhooks.map((name) => (
              <option value={name}>{name}</option>
            ))}
          </select>
        </p>
      )}
      <p>
        <label for="notify-email">E-mail to</label>
        <input id="notify-email" name="email" type="email" placeholder="dana@example.com" />
      </p>
      <p>
        <label for="notify-sms">SMS to</label>
        <input id="notify-sms" name="sms" type="tel" placeholder="+15551234567" />
      </p>
      <button type="submit">Tell them</button>
    </form>
  </details>
);

function State({ followUp }: { followUp: FollowUp }) {
  const { name, state, attempts, progress, last_error: error } = followUp;
  return (
    <>
      <bdi>{followUpInWords(name)}</bdi>: <b class={`s-${state}`}>{FOLLOW_UP_STATES[state]}</b>
      {progress !== undefined && state !== "done" && ` (${percentInWords(progress)})`}
      {attempts > 1 && ` after ${attempts} attempts`}
      {error !== null && state !== "done" && (
        <>
          . <bdi>{error}</bdi>
        </>
      )}
    </>
  );
}

function Repeat({ session, path, followUp }: Asked & { followUp: FollowUp }) {
  const { name, state } = followUp;
  if (!session.scopes.includes("admin") || !CAN_BE_REPEATED.includes(state)) return null;
  return (
    <form method="post" action={`${path}/retry`}>
      <ActionCode session={session} />
      <input type="hidden" name="name" value={name} />
      <button type="submit">Try again</button>
    </form>
  );
}
