import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { attachQuarantined } from "../operate/attach-unmatched.ts";
import { digestOf, unknownDigest } from "../operate/quarantine.ts";
import type { Unmatched } from "../receive/answer.ts";
import { openQuarantined, type Quarantined, removeQuarantined } from "../store/quarantine.ts";
import { ActionCode, Field } from "./components.tsx";
import { page } from "./document.tsx";
import { bytesInWords, type Clock, Time } from "./in-words.tsx";
import { action, detailOf, requireScopeOf, signedIn } from "./page-handlers.tsx";

const PREVIEW_BYTES = 2_000;
const ID_CHARS = 8;

const REASONS: Partial<Record<string, string>> = {
  audio: "Audio",
  "not-utf8": "UTF-16 text",
  "truncated-json": "Cut off",
  "unknown-message": "Unknown message",
  "another-request": "Not the request of its URL",
  "already-stored": "Already stored",
  "another-token": "Expected by another token",
  "message-too-large": "Message too large",
  "no-request-id": "No request_id",
  "not-an-object": "No JSON object",
  "not-json": "Not JSON",
  empty: "Empty",
} satisfies Record<Unmatched, string>;

const pathOf = (digest: string) => `/attention/callbacks/${digest}`;

/** An unmatched callback in the list. */
export const UnmatchedRow = ({
  quarantined,
  clock,
}: {
  quarantined: Quarantined;
  clock: Clock;
}) => {
  const { digest, reason, bytes, received_at, request_id } = quarantined;
  const path = pathOf(digest);
  return (
    <li>
      <div class="head">
        <div>
          <b>{`${REASONS[reason] ?? reason} · ${bytesInWords(bytes)}`}</b>
          <div class="side">
            <Time iso={received_at} clock={clock} />
            <span>
              SHA-256 <code>{digest.slice(0, ID_CHARS)}</code>
            </span>
            {request_id && (
              <span>
                request_id <code>{request_id}</code>
              </span>
            )}
          </div>
        </div>
        <div class="head-actions">
          <a class="button" href={path} data-dialog>
            View
          </a>
          <a class="button" href={`${path}/attach`} data-dialog>
            Attach to a request
          </a>
          <a class="button danger" href={`${path}/delete`} data-dialog>
            Delete
          </a>
        </div>
      </div>
    </li>
  );
};

type UnmatchedPage = { title: string; digest: string; children: Child; isWrong?: boolean };

/** The beginning of a body, and what is to be done with it. Throws a 404 when it is not there. */
async function unmatchedPage(
  c: Context<AppEnv>,
  session: Session,
  { title, digest, children, isWrong = false }: UnmatchedPage,
): Promise<Response> {
  const object = await openQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  if (object === null) throw unknownDigest();
  const preview = await beginningOf(object);
  const main = (
    <div class="form">
      <h1>{title}</h1>
      <ul class="facts">
        <li>{bytesInWords(object.size)}</li>
        <li>
          SHA-256 <code>{digest}</code>
        </li>
      </ul>
      <pre>{preview}</pre>
      {object.size > PREVIEW_BYTES && (
        <p class="dim small">{`The first ${bytesInWords(PREVIEW_BYTES)}.`}</p>
      )}
      {children}
    </div>
  );
  const status = isWrong ? 422 : 200;
  const shown = isWrong ? `Error: ${title}` : title;
  return page(c, { title: shown, main, session, place: "attention", status });
}

/** A page about the body that the address names, for operators. */
const ofBody = (
  show: (c: Context<AppEnv>, session: Session, digest: string) => Promise<Response>,
) =>
  signedIn((c, session) => {
    requireScopeOf(session, "admin");
    return show(c, session, digestOf(c.req.param("digest")));
  });

/** `GET /attention/callbacks/{digest}` */
export const getUnmatched: Handler = ofBody((c, session, digest) =>
  unmatchedPage(c, session, {
    title: "Unmatched callback",
    digest,
    children: (
      <div class="actions">
        <Close />
        <a class="button" href={`/v1/quarantine/${digest}`} download={`${digest}.bin`}>
          Download
        </a>
        <a class="button" href={`${pathOf(digest)}/attach`}>
          Attach to a request
        </a>
        <a class="button danger" href={`${pathOf(digest)}/delete`}>
          Delete
        </a>
      </div>
    ),
  }),
);

const Close = ({ word = "Close", isSafe = false }: { word?: string; isSafe?: boolean }) => (
  <a class="button" href="/attention#quarantine" data-cancel {...(isSafe && { autofocus: true })}>
    {word}
  </a>
);

/** `GET /attention/callbacks/{digest}/attach` */
export const getAttachForm: Handler = ofBody((c, session, digest) =>
  attachPage(c, session, digest, "", null),
);

function attachPage(
  c: Context<AppEnv>,
  session: Session,
  digest: string,
  given: string,
  error: string | null,
): Promise<Response> {
  const children = (
    <form method="post" action={`${pathOf(digest)}/attach`} novalidate>
      <ActionCode session={session} />
      <Field id="attach-to" label="request_id" hint="Of the request this body is for" error={error}>
        {(attributes) => (
          <input {...attributes} name="request_id" value={given} autocomplete="off" autofocus />
        )}
      </Field>
      <div class="actions">
        <Close word="Cancel" />
        <button type="submit" class="primary">
          Attach
        </button>
      </div>
    </form>
  );
  const title = "Attach to a request";
  return unmatchedPage(c, session, { title, digest, children, isWrong: error !== null });
}

/** `POST /attention/callbacks/{digest}/attach`: then the page of the request. */
export const postAttachForm: Handler = action("admin", async (c, form, session) => {
  const digest = digestOf(c.req.param("digest"));
  const given = (form.get("request_id") ?? "").trim();
  const wanted = parseRequestId(given);
  if (wanted === null) return attachPage(c, session, digest, given, "This isn't a request_id.");
  try {
    const id = await attachQuarantined(c.env, digest, wanted);
    return c.redirect(`/transcripts/${id}`, 303);
  } catch (error) {
    return attachPage(c, session, digest, given, await detailOf(error));
  }
});

/** `GET /attention/callbacks/{digest}/delete` */
export const getUnmatchedDelete: Handler = ofBody((c, session, digest) =>
  unmatchedPage(c, session, {
    title: "Delete this callback?",
    digest,
    children: (
      <form method="post" action={`${pathOf(digest)}/delete`}>
        <ActionCode session={session} />
        <p>This is the only copy.</p>
        <div class="actions">
          <Close word="Cancel" isSafe />
          <button type="submit" class="danger solid">
            Delete
          </button>
        </div>
      </form>
    ),
  }),
);

/** `POST /attention/callbacks/{digest}/delete` */
export const postUnmatchedDelete: Handler = action("admin", async (c) => {
  const digest = digestOf(c.req.param("digest"));
  await removeQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  return c.redirect("/attention?done=deleted", 303);
});

async function beginningOf(object: R2ObjectBody): Promise<string> {
  const reader = object.body.getReader();
  const bytes: number[] = [];
  while (bytes.length < PREVIEW_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes.push(...value.subarray(0, PREVIEW_BYTES - bytes.length));
  }
  await reader.cancel();
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
