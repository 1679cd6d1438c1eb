import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import type { Unmatched } from "../receive/answer.ts";
import { openQuarantined, type Quarantined, removeQuarantined } from "../store/quarantine.ts";
import { ActionCode } from "./components.tsx";
import { page } from "./document.tsx";
import { bytesInWords } from "./in-words.ts";
import { action, requireScopeOf, signedIn } from "./signed-in.ts";
import { type Clock, Time } from "./times.tsx";

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

/** An unmatched callback in the list. */
export const UnmatchedRow = ({
  quarantined,
  clock,
}: {
  quarantined: Quarantined;
  clock: Clock;
}) => (
  <li>
    <div>
      <a class="title" href={`/attention/callbacks/${quarantined.digest}`}>
        {`${REASONS[quarantined.reason] ?? quarantined.reason} · ${bytesInWords(quarantined.bytes)}`}
      </a>
    </div>
    <div class="side">
      <Time iso={quarantined.received_at} clock={clock} />
      <code>{quarantined.digest.slice(0, ID_CHARS)}</code>
      {quarantined.request_id && <span>{`request_id ${quarantined.request_id}`}</span>}
    </div>
  </li>
);

/** `GET /attention/callbacks/{digest}`: the beginning of a body, and what can be done with it. */
export const getUnmatched: Handler = signedIn(async (c, session) => {
  requireScopeOf(session, "admin");
  const digest = digestOf(c.req.param("digest"));
  const object = await openQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  if (object === null) throw unknownDigest();
  const preview = await beginningOf(object);
  const main = (
    <div class="form">
      <h1>Unmatched callback</h1>
      <ul class="facts">
        <li>{bytesInWords(object.size)}</li>
        <li>
          SHA-256 <code>{digest}</code>
        </li>
      </ul>
      <pre>{preview}</pre>
      {object.size > PREVIEW_BYTES && <p class="dim small">The first 2 kB.</p>}
      <p>
        <a href={`/v1/quarantine/${digest}`} download={`${digest}.bin`}>
          Download all of it
        </a>
      </p>
      <h2>Delete</h2>
      <p>This is the only copy.</p>
      <form method="post" action="/quarantine/delete">
        <ActionCode session={session} />
        <input type="hidden" name="digest" value={digest} />
        <div class="actions">
          <a class="button" href="/attention#quarantine">
            Cancel
          </a>
          <button type="submit" class="danger solid">
            Delete
          </button>
        </div>
      </form>
    </div>
  );
  return page(c, { title: "Unmatched callback", main, session, place: "attention" });
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

function digestOf(text = ""): string {
  if (!isDigest(text)) throw unknownDigest();
  return text;
}

const unknownDigest = () =>
  problem(404, "unknown_digest", "Nothing with this digest is in quarantine.");

/** `POST /quarantine/delete` */
export const postQuarantineDelete: Handler = action("admin", async (c, form) => {
  const digest = digestOf(form.get("digest") ?? "");
  await removeQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  return c.redirect("/attention?done=deleted", 303);
});
