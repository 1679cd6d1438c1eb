import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import { listTranscripts } from "../catalogue/list.ts";
import { listQuery, type TranscriptList } from "../catalogue/list-query.ts";
import { searchQuery } from "../catalogue/search-query.ts";
import { searchTranscripts } from "../catalogue/search-transcripts.ts";
import type { AppEnv } from "../config/app-env.ts";
import type { ConfigProblem } from "../config/config.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { query, validate } from "../http/validate.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { listDeadLetters } from "../store/dead-letters.ts";
import { listQuarantine, type Quarantined } from "../store/quarantine.ts";
import { countStates, DayView, type HourFigures, lastDay, type StateCount } from "./day-view.tsx";
import { DeadLettersView } from "./dead-letters-view.tsx";
import { ActionCode, page } from "./document.tsx";
import { bytesInWords, dateTimeInWords } from "./in-words.ts";
import { CountsView, type DeskQuery, deskQuery, ListView, listWanted } from "./list-view.tsx";
import { type Searched, SearchView } from "./search-view.tsx";
import { signedIn } from "./signed-in.tsx";
import { SubmitView } from "./submit.tsx";

const PAGE = 25;
const CATALOGUE_WITHIN_MS = 5_000;

type Catalogue = {
  counts: StateCount[];
  hours: HourFigures[];
  list: TranscriptList;
  found: Searched | null;
};

/** `GET /`: the operator's desk. */
export const getDesk: Handler = signedIn(async (c, session) => {
  const asked = query(deskQuery, c.req.query());
  const requestId = parseRequestId(asked.q);
  if (requestId !== null) return c.redirect(`/transcripts/${requestId}`, 303);
  const now = Date.now();
  const catalogue = await readCatalogue(c.env.CATALOGUE, asked, now);
  const may = (scope: "submit" | "admin") => session.scopes.includes(scope);
  const main = (
    <div class="desk">
      <h1>Transcripts</h1>
      <CountsView counts={catalogue?.counts ?? []} now={now} />
      <SearchView asked={asked} found={catalogue?.found ?? null} />
      {may("submit") && <SubmitView session={session} config={c.var.config} />}
      <ListView {...{ asked, now, session }} list={catalogue?.list ?? null} />
      {catalogue && <DayView hours={catalogue.hours} />}
      {may("admin") && <Operating {...(await operating(c))} session={session} env={c.env} />}
    </div>
  );
  return page(c, { title: "Transcripts", main, session });
});

/** Null when the catalogue does not answer: transcripts can be read by their id all the same. */
async function readCatalogue(
  db: D1Database,
  asked: DeskQuery,
  now: number,
): Promise<Catalogue | null> {
  const wanted = listQuery.safeParse(listWanted(asked));
  try {
    const reading = Promise.all([
      countStates(db),
      lastDay(db, now),
      wanted.success ? listTranscripts(db, wanted.data) : { transcripts: [], next_cursor: null },
      search(db, asked),
    ]);
    const [counts, hours, list, found] = await timeout(
      reading,
      CATALOGUE_WITHIN_MS,
      "the catalogue",
    );
    return { counts, hours, list, found };
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

async function search(db: D1Database, { said, hits }: DeskQuery): Promise<Searched | null> {
  if (said === "") return null;
  const input = { q: said, ...(hits && { cursor: hits }) };
  const asked = validate(searchQuery, input, "The search");
  if (asked.ok) return searchTranscripts(db, asked.value);
  return { wrong: asked.reason.replace(/^(q|cursor) /, "The search ") };
}

type Kept = {
  deadLetters: Awaited<ReturnType<typeof listDeadLetters>>;
  quarantined: Awaited<ReturnType<typeof listQuarantine>>;
  problems: AppEnv["Variables"]["config"]["problems"];
};

async function operating(c: Context<AppEnv>): Promise<Kept> {
  const bucket = c.env.TRANSCRIPTS;
  const [deadLetters, quarantined] = await Promise.all([
    listDeadLetters(bucket, { limit: PAGE }),
    listQuarantine(bucket, PAGE, undefined),
  ]).catch(storageUnavailable);
  return { deadLetters, quarantined, problems: c.var.config.problems };
}

const Operating = ({
  deadLetters,
  quarantined,
  problems,
  session,
  env,
}: Kept & { session: Session; env: Env }) => (
  <>
    <DeadLettersView session={session} {...deadLetters} />
    <QuarantineView session={session} {...quarantined} />
    <ConfigurationView problems={problems} env={env} />
  </>
);

type Page = {
  session: Session;
  quarantine: readonly Quarantined[];
  next_cursor: string | null;
};

const DIGEST_CHARS = 12;

/** Verified bodies that could not be matched to a request. */
const QuarantineView = ({ session, quarantine, next_cursor }: Page) => (
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

const SECRETS = [
  "CALLBACK_CREDENTIALS",
  "CALLBACK_SECRETS",
  "SIGNING_KEYS",
  "API_TOKENS",
  "WEBHOOK_ENDPOINTS",
  "DEEPGRAM_API_KEY",
  "RESEND_API_KEY",
  "TWILIO_ACCOUNT_SID",
  "TWILIO_AUTH_TOKEN",
  "DEEPL_API_KEY",
  "LIBRETRANSLATE_API_KEY",
] as const satisfies (keyof Env)[];

type Configuration = { problems: readonly ConfigProblem[]; env: Env };

/** What is wrong with the configuration, and which secrets are set; never what they are. */
const ConfigurationView = ({ problems, env }: Configuration) => (
  <section aria-labelledby="configuration">
    <h2 id="configuration">Configuration</h2>
    {problems.length > 0 && (
      <ul class="notices">
        {problems.map(({ name, problem }) => (
          <li>
            <code>{name}</code>: <bdi>{problem}</bdi>
          </li>
        ))}
      </ul>
    )}
    <ul class="secrets">
      {SECRETS.map((name) => (
        <li>
          <code>{name}</code> {isSet(env[name]) ? <b class="s-done">set</b> : "not set"}
        </li>
      ))}
    </ul>
  </section>
);

const isSet = (value: string | undefined) => !["", "{}"].includes((value ?? "").trim());
